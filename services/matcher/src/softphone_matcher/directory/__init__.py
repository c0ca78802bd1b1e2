"""The directory: records of five types, how they are stored, found, and saved over HTTP."""
