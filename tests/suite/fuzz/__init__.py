"""Tests of contracts/fuzz and of what tests are written with."""
