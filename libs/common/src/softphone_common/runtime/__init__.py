"""Runs services: one start, one stop and one health check for all of them."""
