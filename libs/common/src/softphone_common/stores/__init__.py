"""Servers that keep state, MongoDB and Redis, and what is kept in memory of them."""
