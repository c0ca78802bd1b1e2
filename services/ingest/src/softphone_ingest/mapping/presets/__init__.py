"""The ready mappings for makes of phones, softphones and exchanges: one data file each."""
