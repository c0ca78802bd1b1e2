"""Publish with confirms, consume with retry, dead letter and drain; the only door to the broker."""
