"""The first start of an installation: its first operator, by a setting or by a setup code."""
