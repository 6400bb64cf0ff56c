"""The one `result` of a run, what is drawn from it (`terminal`, `files`), and the report on a `release`."""
