"""Tests of the house itself: the README, the layers, the catalogue of faulty vendors."""
