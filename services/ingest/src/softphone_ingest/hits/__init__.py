"""Hits over HTTP: from the request of a phone to its answer."""
