"""Defines rows of contacts, their limits and checks, and the headings that people give them."""
