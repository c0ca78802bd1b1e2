"""The text of a search in a request."""

from softphone_common.http.problem import ProblemError
from softphone_common.search.keys import search_terms


def terms_of(text: str | None) -> tuple[str, ...]:
    """The keys that a search asks for, none without a text.

    Raises ProblemError 422 if the text is too short for any.
    """
    if text is None or not text.strip():
        return ()
    if not (terms := search_terms(text)):
        raise ProblemError("search-too-short", field="q")
    return terms
