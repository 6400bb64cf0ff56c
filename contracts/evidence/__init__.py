"""What is kept of a failure: as HAR files, read and sent again; and the failures that somebody has accepted."""
