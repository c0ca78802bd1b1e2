"""The websocket: connected browsers, the calls of their tenants, and the frames they get."""
