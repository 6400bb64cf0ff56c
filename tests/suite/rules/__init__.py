"""Tests of contracts/rules."""
