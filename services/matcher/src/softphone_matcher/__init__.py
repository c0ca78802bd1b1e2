"""Finds every record behind a number; refuses to guess and to change a call."""
