"""What came of a run, once: `result.Result`; and all that is drawn from it, at the `terminal` and in `files`."""
