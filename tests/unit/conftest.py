"""How Hypothesis runs here: without a deadline, since a shared machine may pause at any time."""

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=60)
settings.load_profile("unit")
