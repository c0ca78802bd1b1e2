"""Starts the nightly sweeps, and keeps and replays dead letters."""
