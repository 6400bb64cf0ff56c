"""Tests of contracts/http."""
