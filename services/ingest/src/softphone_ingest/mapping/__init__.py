"""Mappings describe as data how requests of phones are read; imports no other room of ingest."""
