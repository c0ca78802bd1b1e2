"""Rules about the records of the directory."""
