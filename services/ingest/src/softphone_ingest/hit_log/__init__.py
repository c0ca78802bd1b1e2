"""The log of hits: every request as it came, redacted, kept for the inspector."""
