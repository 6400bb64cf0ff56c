"""Tests of contracts/vendor."""
