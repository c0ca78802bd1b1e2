"""The call history over HTTP, and what each caller may read of it."""
