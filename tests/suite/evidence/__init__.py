"""Tests of contracts/evidence."""
