"""Searches as one types: the keys of texts and numbers, and those that a search asks for."""
