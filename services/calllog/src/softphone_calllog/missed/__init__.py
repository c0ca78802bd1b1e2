"""The counter of missed calls: each user has seen the calls up to some time."""
