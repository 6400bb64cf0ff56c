"""Tests of contracts/report."""
