"""The people, records, phones and earlier calls of the company on the tour; numbers are fiction."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from softphone_common.domain.call import Phase
from support.crm import PERMITTED_PORT
from support.product import PASSWORD

Fields = dict[str, Any]

PEOPLE: tuple[Fields, ...] = (
    {
        "login": "lena",
        "name": "Lena Lindner",
        "password": PASSWORD,
        "extensions": ["31"],
        "teams": ["Service"],
    },
    {
        "login": "tom",
        "name": "Tom Thiele",
        "password": PASSWORD,
        "extensions": ["32"],
        "teams": ["Service", "Werkstatt"],
    },
    {
        "login": "emil",
        "name": "Emil Ebert",
        "password": PASSWORD,
        "extensions": ["39"],
        "teams": ["Einkauf"],
    },
    {
        "login": "frida",
        "name": "Frida Fink",
        "password": PASSWORD,
        "extensions": ["36"],
        "teams": ["Vertrieb"],
    },
    {"login": "nora", "name": "Nora Neumann", "extensions": ["33", "34"], "teams": ["Vertrieb"]},
)

RECORDS: tuple[Fields, ...] = (
    {
        "type": "contact",
        "name": "Sommer, Katrin",
        "organization": "Praxis Dr. Sommer",
        "emails": ["katrin@sommer.example"],
        "note": "Ruft meist vor der Sprechstunde an.",
        "numbers": [{"number": "0221 4710701"}],
    },
    {
        "type": "organization",
        "name": "Bäckerei Krüger",
        "emails": ["laden@krueger.example"],
        "numbers": [{"number": "030 23125702"}],
    },
    {"type": "supplier", "name": "Nordholz Papier GmbH", "numbers": [{"number": "040 66969703"}]},
    {"type": "partner", "name": "Lang Elektrotechnik", "numbers": [{"number": "069 90009704"}]},
    {
        "type": "contact",
        "name": "Aydın, Selin",
        "organization": "Aydın Immobilien",
        "numbers": [{"number": "089 99998705"}],
    },
    {"type": "lead", "name": "Engel, Philipp", "numbers": [{"number": "0171 3920070"}]},
)

IMPORTED = (
    "Name;Telefon\nAhrens, Imke;040 66969711\nBruns, Ole;040 66969712\n",
    "Name;Telefon\nAhrens, Imke;040 66969711\nClausen, Wiebke;4,98E+11\n",
)
"""Two files of one source: the second lacks a record, has a damaged row, and is held."""

SOURCE: Fields = {
    "name": "CRM Zentrale",
    "kind": "vtiger",
    "address": f"http://127.0.0.1:{PERMITTED_PORT}/",
    "credentials": "basic",
    "credentials_name": "connector",
    "secret": "access-key",
    "schedule": {"at": "02:30"},
}
"""A CRM that nobody reads before the night."""

PHONES: tuple[Fields, ...] = (
    {"name": "Empfang", "preset": "snom", "extension": "31"},
    {"name": "Werkstatt", "preset": "yealink", "extension": "32"},
    {"name": "Türsprechstelle", "preset": "generic"},
)


@dataclass(frozen=True)
class PastCall:
    """A call that is over: how long ago it rang, where, and who answered."""

    ago: timedelta
    number: str
    extensions: tuple[str, ...] = ("31",)
    answered_by: str = ""
    ring: timedelta = timedelta(seconds=9)
    talk: timedelta = timedelta(0)
    first: Phase = "ringing"
    fields: dict[str, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()


def _ago(hours: int, minutes: int) -> timedelta:
    return timedelta(hours=hours, minutes=minutes)


def _talk(minutes: int, seconds: int) -> timedelta:
    return timedelta(minutes=minutes, seconds=seconds)


_OUTBOUND: dict[str, Any] = {"first": "dialed", "fields": {"direction": "outbound"}}

# the oldest first, so that the log has them in their order
PAST: tuple[PastCall, ...] = (
    PastCall(_ago(98, 12), "069 90009704", answered_by="31", talk=_talk(2, 9)),
    PastCall(
        _ago(75, 31),
        "08999998001",
        answered_by="31",
        talk=_talk(7, 40),
        comments=("Wartung der Presse auf KW 12 verschoben.",),
    ),
    PastCall(_ago(51, 8), "0221 4710701", ring=_talk(0, 24)),
    PastCall(_ago(50, 47), "0221 4710701", answered_by="31", talk=_talk(4, 2), **_OUTBOUND),
    PastCall(_ago(27, 20), "040 66969703", answered_by="31", talk=_talk(5, 40), **_OUTBOUND),
    PastCall(_ago(26, 41), "0171 3920070", ("31", "32"), answered_by="32", talk=_talk(2, 5)),
    PastCall(
        _ago(25, 3),
        "08999998001",
        answered_by="31",
        talk=_talk(3, 12),
        comments=(
            "Fragt nach dem Angebot für die neue Presse.",
            "Rückruf bis Donnerstag zugesagt.",
        ),
    ),
    PastCall(_ago(3, 2), "089 99998705", answered_by="31", talk=_talk(1, 31)),
    PastCall(_ago(2, 14), "", ring=_talk(0, 18)),
    PastCall(
        _ago(1, 36),
        "030 23125702",
        answered_by="31",
        talk=_talk(3, 48),
        comments=("Bestellt wie immer, Lieferung am Freitag.",),
    ),
    PastCall(_ago(0, 58), "030 23125799", answered_by="31", talk=_talk(0, 52)),
    PastCall(_ago(0, 24), "0171 3920070", ("31", "32"), answered_by="32", talk=_talk(6, 17)),
    PastCall(_ago(0, 7), "0221 4710701", ring=_talk(0, 21)),
)
