"""Removes one safeguard at a time and expects a test to notice; run by `make ablation`."""
