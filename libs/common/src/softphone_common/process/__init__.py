"""The basis of every process: settings, logs, metrics, clock, errors and background tasks."""
