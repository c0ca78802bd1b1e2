"""Real servers, service processes and faulty networks for the onebox and the tests."""
