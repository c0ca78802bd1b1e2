"""Tenants: their settings, their store and their activation."""
