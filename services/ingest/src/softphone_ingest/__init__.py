"""Takes the hit of a phone and puts a durable event on the bus; refuses to know what a call is."""
