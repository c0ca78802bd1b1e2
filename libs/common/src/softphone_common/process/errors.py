"""Errors that every layer raises and understands."""


class UnavailableError(Exception):
    """A server does not answer now; a later call may succeed."""

    def __init__(self, resource: str, why: object = "") -> None:
        super().__init__(f"{resource} is not available: {why}" if why else resource)
        self.resource = resource


class PoisonError(Exception):
    """A message can never be handled, so a retry is of no use."""


class StartError(Exception):
    """A service can't start with its settings; the text names the setting and a remedy."""
