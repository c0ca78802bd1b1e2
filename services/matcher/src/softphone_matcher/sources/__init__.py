"""Sources that matcher reads by itself: their addresses, their schedules and their answers."""
