"""Measures how a checkout is built and written, and finds prose the project does not want."""
