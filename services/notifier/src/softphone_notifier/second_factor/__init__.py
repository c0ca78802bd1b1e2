"""One-time passwords as a second factor of the sign-in."""
