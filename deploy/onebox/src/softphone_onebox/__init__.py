"""All five services in one process on one port, with their servers beside it."""
