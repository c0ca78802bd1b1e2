"""Defines how much of a source is read."""

from dataclasses import dataclass

from softphone_matcher.settings import MatcherSettings


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """The limits of one run of a source.

    - `pages_max`, `bytes_max`: its pages, and the bytes of the texts that are kept of them
    - `seconds`: from its begin to the request of its last page
    - `retry_seconds`: the pause after the first page that did not come
    - `lease_seconds`: after them another matcher goes on with a run
    """

    pages_max: int
    bytes_max: int
    seconds: float
    retry_seconds: float
    lease_seconds: float


def limits_of_sources(settings: MatcherSettings) -> FetchLimits:
    """The limits of a source in this installation."""
    return FetchLimits(
        pages_max=settings.source_pages_max,
        bytes_max=settings.source_bytes_max,
        seconds=settings.source_seconds,
        retry_seconds=settings.source_retry_seconds,
        # a worker still has its run when an answer comes as late as it may
        lease_seconds=max(settings.import_lease_seconds, 2 * settings.source_answer_seconds),
    )
