"""Decides which call an event of a phone belongs to."""
