"""All services in one process on one port, with the servers they need."""
