"""The keys that find a record by other numbers than its own: direct lines, last digits."""
