"""What came of a run: one result, made of what pytest's reports carry, and all that a person or a machine sees of it.

`result.Result` collects it and is its exit code; `finding` makes findings of failed attempts; `terminal`, `page` and
`ci` (JUnit and GitHub) draw it; `replayed` tells what became of evidence that was sent again.
"""
