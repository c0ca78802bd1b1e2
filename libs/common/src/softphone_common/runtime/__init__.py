"""Runs services: the registry, start and stop, readiness, and the program `softphone`."""
