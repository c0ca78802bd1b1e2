"""The reason why a source could not be read, as a code for people."""

from typing import Any


class SourceError(Exception):
    """A source that cannot be read; `code` and `params` say why, and never quote its answer.

    `is_temporary`: whether a later try may succeed.
    """

    def __init__(self, code: str, *, is_temporary: bool = False, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Any] = {**params}
        self.is_temporary = is_temporary
