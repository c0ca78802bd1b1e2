"""Pops the caller up in the right user's browser, and in nobody else's; stores no call."""
