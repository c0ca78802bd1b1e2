"""The library that all services of the Softphone Connector share."""
