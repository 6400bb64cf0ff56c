"""Tests of contracts/release."""
