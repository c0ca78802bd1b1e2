"""Keeps the call history: folds events into calls, and owns calls and comments."""
