"""Errors that every layer raises and understands."""

from softphone_common.process.error_text import error_text


class UnavailableError(Exception):
    """A server does not answer now; a later call may succeed.

    The text of an error in `why` is left out if it may quote data.
    """

    def __init__(self, resource: str, why: object = "") -> None:
        if isinstance(why, BaseException):
            why = error_text(why) if str(why) else type(why).__name__
        super().__init__(f"{resource} is not available: {why}" if why else resource)
        self.resource = resource


class PoisonError(Exception):
    """A message can never be handled, so a retry is of no use."""


class StartError(Exception):
    """A service can't start with its settings; the text names the setting and a remedy."""
