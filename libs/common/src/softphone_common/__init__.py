"""What every service of the Softphone Connector shares, and nothing only one of them needs."""
