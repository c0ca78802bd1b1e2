"""Imports and the mappings of their sources in memory."""
