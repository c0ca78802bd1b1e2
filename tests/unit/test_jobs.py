"""Every local date has its sweep exactly once, whatever the clocks do."""
