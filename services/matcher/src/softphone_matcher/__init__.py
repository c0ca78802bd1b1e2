"""Finds every record with the number of a call, and keeps the directory of records."""
