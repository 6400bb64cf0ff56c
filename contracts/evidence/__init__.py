"""What is kept of a failure (`evidence`, as HAR files: `har`), sent again (`replay`), or accepted (`deviation`)."""
