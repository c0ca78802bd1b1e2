"""Rules by which the fields of two records become those of one; pure functions."""
