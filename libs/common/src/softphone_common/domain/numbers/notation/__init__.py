"""Notations that people and programs wrap around a number, recognised without a numbering plan."""
