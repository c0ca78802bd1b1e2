"""Names of callers for PBXs and desk phones, by a key in the address."""
