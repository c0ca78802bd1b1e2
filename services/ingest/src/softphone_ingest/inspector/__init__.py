"""The inspector: shows hits, tries requests and replays refused ones."""
