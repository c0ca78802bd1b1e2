"""Real servers, real processes and faulty networks for the onebox and the tests."""
