"""Contract tests for one operation of the Kaiten API: update a customer."""

__version__ = "0.1.0"
