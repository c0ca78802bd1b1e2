"""What every process needs whatever it does: settings, logs, metrics, clock and errors."""
