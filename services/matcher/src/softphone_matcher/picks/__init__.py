"""Picks: which of several records users took for a number, and the order that follows."""
