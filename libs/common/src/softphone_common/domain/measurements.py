"""Reads the measurements of phones: the length of a talk and the moment of an event."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

# Every repetition is bounded or followed by a character it can't match, so that the text of a
# stranger is read in linear time.
_SECONDS = re.compile(r"^([0-9]{1,6})(?:\.0+)?$")
_CLOCK = re.compile(r"^(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])(?:\.[0-9]{1,6})?$")
_UNITS = re.compile(
    r"^(?:([0-9]{1,3}) ?h(?:ours?)?)? ?(?:([0-9]{1,5}) ?m(?:in(?:utes?)?)?)? ?"
    r"(?:([0-9]{1,6})(?:\.0+)? ?s(?:ec(?:onds?)?)?)?$"
)
_ISO = re.compile(r"^pt(?:([0-9]{1,3})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})(?:\.[0-9]+)?s)?$")
_EPOCH = re.compile(r"^([0-9]{10})([0-9]{3})?(?:\.[0-9]+)?$")
_GERMAN = re.compile(
    r"^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}),? +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$"
)
_RFC_2822 = re.compile(r"^(?:[A-Za-z]{3}, *)?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9:]{5,8} \S+$")


def parse_duration(text: str) -> int | None:
    """Whole seconds of `41`, `0:41`, `1:00:41`, `41s`, `1m 41s` or `PT41S`; None for the rest."""
    low = text.strip().lower()
    whole = _SECONDS.match(low)
    if whole is not None:
        return int(whole[1])
    match = _CLOCK.match(low)
    # behind an hour there are at most 59 minutes
    if match is not None and match[1] and int(match[2]) > 59:
        return None
    match = match or _UNITS.match(low) or _ISO.match(low)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * 60 + minutes) * 60 + seconds


def parse_moment(text: str, zone: tzinfo) -> datetime | None:
    """The moment in UTC; None for a text that is none.

    Read are seconds or milliseconds since 1970, ISO 8601, RFC 2822 and `28.11.2026 19:44:05`. A
    local time is that of `zone`, since phones show the clock of their place.
    """
    text = text.strip()
    try:
        moment = _epoch(text) or _german(text) or _rfc_2822(text) or datetime.fromisoformat(text)
        # of an hour that comes twice, as summer time ends, the first is taken
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _epoch(text: str) -> datetime | None:
    match = _EPOCH.match(text)
    if match is None:
        return None
    seconds = datetime.fromtimestamp(int(match[1]), UTC)
    return seconds.replace(microsecond=int(match[2] or 0) * 1000)


def _german(text: str) -> datetime | None:
    match = _GERMAN.match(text)
    if match is None:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local, see above


def _rfc_2822(text: str) -> datetime | None:
    if not _RFC_2822.match(text):
        return None
    moment = parsedate_to_datetime(text)
    # -0000 is a moment in UTC whose place is unknown (RFC 2822, section 3.3)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
