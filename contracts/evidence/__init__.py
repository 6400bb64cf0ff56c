"""What is kept of a failure: `har` (evidence as HAR files), `replay` (sent again), `deviation` (accepted)."""
