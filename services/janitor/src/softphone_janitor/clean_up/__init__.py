"""The nightly clean-up: when a tenant is due, the request to calllog, and the result."""
