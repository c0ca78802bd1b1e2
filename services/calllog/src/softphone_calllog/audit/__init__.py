"""The security log: the events that all services record, kept for administrators."""
