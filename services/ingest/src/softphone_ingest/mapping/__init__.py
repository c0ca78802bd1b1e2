"""Mappings: how a request of a phone is read, described as data. Imports nothing else of ingest."""
