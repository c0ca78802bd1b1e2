"""The services over simulated servers, in an order of events that a seed decides."""
