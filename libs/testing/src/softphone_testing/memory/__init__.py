"""Stores in memory for tests without servers.

Each keeps the protocol of a product store, and one suite of contract tests in `tests/support` holds
both to the same behaviour.
"""
