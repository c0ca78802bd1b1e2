"""The rules of the product as pure functions: they do no I/O, await nothing and read no clock."""
