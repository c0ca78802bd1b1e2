"""The nightly sweep: when a tenant is due, the request to calllog, and its result."""
