"""Tests of whole runs and of the commands."""
