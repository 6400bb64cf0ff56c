"""The one `result` of a run, and what is drawn from it: at the `terminal`, and in `files`."""
