"""Folds events into the call history; the only owner of calls and comments."""
