"""Devices: their keys, presets, mappings, and the URLs pasted into a phone."""
