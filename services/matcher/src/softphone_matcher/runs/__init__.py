"""Imports of files that are saved: each is a run, which is worked off in the background."""
