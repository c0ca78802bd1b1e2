"""Access to MongoDB and Redis, and caches of what they store."""
