"""Finds the records behind the numbers of calls."""
