"""Tests of contracts/customers."""
