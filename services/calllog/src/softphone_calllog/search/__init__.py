"""The search of the call list: the keys of calls, the terms of a search, and the filters."""
