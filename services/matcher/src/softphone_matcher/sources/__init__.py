"""Sources of records: their settings and secrets, and a reader for each kind."""
