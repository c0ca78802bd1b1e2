"""The rules of the product as pure functions; refuses to await, to read a clock and to do I/O."""
