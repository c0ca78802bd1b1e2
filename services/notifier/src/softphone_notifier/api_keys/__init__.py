"""API keys of applications: made, listed and removed by administrators."""
