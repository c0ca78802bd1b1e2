"""The failures every floor understands; says what failed, never what to do about it."""


class UnavailableError(Exception):
    """A server this process needs does not answer now; the same call may go through later."""

    def __init__(self, resource: str, why: object = "") -> None:
        super().__init__(f"{resource} is not available: {why}" if why else resource)
        self.resource = resource


class PoisonError(Exception):
    """A message that can never be handled, however often it is tried."""


class StartError(Exception):
    """The service can't run as it is set up; the text names the setting and says what to do."""
