"""The commands of `softphone` that belong to no single service."""
