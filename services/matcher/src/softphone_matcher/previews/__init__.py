"""Shows how files would be read before anything of them is saved."""
