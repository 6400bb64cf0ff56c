"""What came of a run, made once from pytest's own reports, and whatever a person or a machine sees of it."""
