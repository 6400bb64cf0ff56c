"""What came of a run: one result, made of what pytest's reports carry, and all that a person or a machine sees of it.

`result.Result` collects findings, and is the exit code; `terminal` says it, and what became of evidence that was sent
again; `files` has the page, JUnit by promise, and what GitHub shows.
"""
