"""Scenarios of calls: the observations of each, and what its view must show."""

from dataclasses import dataclass, field
from typing import Any

from softphone_common.domain.call import (
    Observation,
    Phase,
)
from softphone_common.domain.call_view import NOBODY
from softphone_common.domain.numbers.normalise import RemoteNumber
from support.observations import CALLER, WITHHELD, at, observed


@dataclass(frozen=True)
class Scenario:
    """The observations of one call, what its view must say, and the phase of each leg."""

    observations: tuple[Observation, ...]
    says: dict[str, Any]
    legs: dict[str, Phase] = field(default_factory=lambda: {"21": "ended"})


RINGING_GROUP = (
    observed("ringing", 0),
    observed("ringing", 0, "22"),
    observed("ringing", 0.3, "23"),
)
ANSWERED_GROUP = (*RINGING_GROUP, observed("connected", 8, "22"), observed("ended", 68, "22"))
GROUP_SAYS = {
    "phase": "ended",
    "outcome": "answered",
    "extension": "22",
    "answered_by": "22",
    "rung_at": at(0),
    "connected_at": at(8),
    "ended_at": at(68),
    "ring_seconds": 8,
    "talk_seconds": 60,
}
TRANSFER = (
    observed("ringing", 0),
    observed("connected", 5),
    observed("ringing", 60, "31"),
    observed("ended", 62),
)
QUEUE = (
    observed("ringing", 0),
    observed("missed", 15),
    observed("ringing", 20),
    observed("connected", 23),
)
COLLEAGUE = RemoteNumber("7407", None, "internal", "7407")
OTHER_CALLER = RemoteNumber("030 23125001", "+493023125001", "external", "+49 30 23125001")

SCENARIOS = {
    "answered": Scenario(
        (
            observed("ringing", 0, name="Huber"),
            observed("connected", 7),
            observed("ended", 127.9, reason="normal"),
        ),
        {
            "phase": "ended",
            "outcome": "answered",
            "direction": "inbound",
            "extension": "21",
            "answered_by": "21",
            "remote": CALLER,
            "name": "Huber",
            "reason": "normal",
            "dialed_at": None,
            "rung_at": at(0),
            "connected_at": at(7),
            "ended_at": at(127.9),
            "started_at": at(0),
            "last_at": at(127.9),
            "ring_seconds": 7,
            "talk_seconds": 120,
        },
    ),
    "missed": Scenario(
        (observed("ringing", 0), observed("missed", 25, reason="no answer")),
        {
            "phase": "missed",
            "outcome": "missed",
            "extension": "21",
            "answered_by": None,
            "reason": "no answer",
            "connected_at": None,
            "ended_at": at(25),
            "ring_seconds": 25,
            "talk_seconds": 0,
        },
        {"21": "missed"},
    ),
    "missed, said with the end of every call": Scenario(
        (observed("ringing", 0), observed("ended", 25), observed("missed", 25)),
        {"phase": "missed", "outcome": "missed", "ring_seconds": 25, "talk_seconds": 0},
        {"21": "missed"},
    ),
    "running": Scenario(
        (observed("ringing", 0), observed("connected", 7)),
        {
            "phase": "connected",
            "outcome": None,
            "answered_by": "21",
            "ended_at": None,
            "ring_seconds": 7,
            "talk_seconds": None,
        },
        {"21": "connected"},
    ),
    "transfer ringing": Scenario(
        TRANSFER,
        {
            "phase": "connected",
            "outcome": None,
            "extension": "21",
            "answered_by": "21",
            "ended_at": None,
            "talk_seconds": None,
        },
        {"21": "ended", "31": "ringing"},
    ),
    "transferred": Scenario(
        (*TRANSFER, observed("connected", 65, "31"), observed("ended", 125, "31")),
        {
            "phase": "ended",
            "outcome": "answered",
            "extension": "21",
            "answered_by": "21",
            "connected_at": at(5),
            "ended_at": at(125),
            "ring_seconds": 5,
            "talk_seconds": 120,
        },
        {"21": "ended", "31": "ended"},
    ),
    "transfer nobody took": Scenario(
        (*TRANSFER, observed("missed", 80, "31")),
        {"phase": "ended", "answered_by": "21", "ended_at": at(62), "talk_seconds": 57},
        {"21": "ended", "31": "missed"},
    ),
    "ring group, siblings silent": Scenario(
        ANSWERED_GROUP, GROUP_SAYS, {"21": "ringing", "22": "ended", "23": "ringing"}
    ),
    "ring group, siblings missed": Scenario(
        (*ANSWERED_GROUP, observed("missed", 8.2), observed("missed", 8.4, "23")),
        GROUP_SAYS,
        {"21": "missed", "22": "ended", "23": "missed"},
    ),
    "ring group, a sibling's miss comes last": Scenario(
        (*ANSWERED_GROUP, observed("missed", 70, "23")),
        GROUP_SAYS,
        {"21": "ringing", "22": "ended", "23": "missed"},
    ),
    "ring group, the answer reported by its length only": Scenario(
        (*RINGING_GROUP, observed("ended", 68, "22", talk_seconds=60)),
        GROUP_SAYS,
        {"21": "ringing", "22": "ended", "23": "ringing"},
    ),
    "ring group, nobody answered": Scenario(
        (
            *RINGING_GROUP,
            observed("missed", 20),
            observed("missed", 21, "22"),
            observed("missed", 22, "23"),
        ),
        {
            "phase": "missed",
            "outcome": "missed",
            "answered_by": None,
            "ended_at": at(22),
            "ring_seconds": 22,
            "talk_seconds": 0,
        },
        {"21": "missed", "22": "missed", "23": "missed"},
    ),
    "ring group, two still ringing": Scenario(
        (*RINGING_GROUP, observed("missed", 20)),
        {"phase": "ringing", "outcome": None, "ended_at": None, "talk_seconds": None},
        {"21": "missed", "22": "ringing", "23": "ringing"},
    ),
    "end without start": Scenario(
        (observed("ended", 40),),
        {
            "phase": "missed",
            "outcome": "missed",
            "answered_by": None,
            "rung_at": None,
            "connected_at": None,
            "ended_at": at(40),
            "ring_seconds": None,
            "talk_seconds": 0,
        },
    ),
    "end without start, with its length": Scenario(
        (observed("ended", 40, talk_seconds=30),),
        {
            "phase": "ended",
            "outcome": "answered",
            "answered_by": "21",
            "connected_at": at(10),
            "ended_at": at(40),
            "ring_seconds": None,
            "talk_seconds": 30,
        },
    ),
    "ring and end with its length": Scenario(
        (observed("ringing", 0), observed("ended", 40, talk_seconds=30)),
        {"outcome": "answered", "ring_seconds": 10, "talk_seconds": 30},
    ),
    "a length and an observed answer": Scenario(
        (observed("ringing", 0), observed("connected", 5), observed("ended", 40, talk_seconds=40)),
        {"connected_at": at(5), "ring_seconds": 5, "talk_seconds": 35},
    ),
    "outbound from a click": Scenario(
        (
            observed("dialed", 0, direction="outbound", identity="click"),
            observed("ringing", 4, direction="inbound"),
            observed("connected", 10),
            observed("ended", 70),
        ),
        {
            "phase": "ended",
            "outcome": "answered",
            "direction": "outbound",
            "identity": "click",
            "dialed_at": at(0),
            "rung_at": at(4),
            "ring_seconds": 10,
            "talk_seconds": 60,
        },
    ),
    "outbound, nobody answered": Scenario(
        (observed("dialed", 0, direction="outbound"), observed("ended", 30)),
        {
            "phase": "ended",
            "outcome": "unanswered",
            "direction": "outbound",
            "ring_seconds": 30,
            "talk_seconds": 0,
        },
    ),
    "click without follow up": Scenario(
        (observed("dialed", 0, direction="outbound", identity="click"),),
        {
            "phase": "dialed",
            "outcome": None,
            "direction": "outbound",
            "extension": "21",
            "answered_by": None,
            "ended_at": None,
            "ring_seconds": None,
            "talk_seconds": None,
        },
        {"21": "dialed"},
    ),
    "anonymous": Scenario(
        (observed("ringing", 0, remote=WITHHELD), observed("missed", 9, remote=WITHHELD)),
        {"phase": "missed", "remote": WITHHELD, "ring_seconds": 9},
        {"21": "missed"},
    ),
    "number only reported later": Scenario(
        (observed("ringing", 0, remote=WITHHELD), observed("connected", 3)), {"remote": CALLER}, {}
    ),
    "repeated at other times": Scenario(
        (
            observed("ringing", 0),
            observed("ringing", 3),
            observed("ringing", 6),
            observed("connected", 8),
            observed("connected", 9),
            observed("ended", 60),
            observed("ended", 68),
        ),
        {
            "rung_at": at(0),
            "connected_at": at(8),
            "ended_at": at(60),
            "ring_seconds": 8,
            "talk_seconds": 52,
        },
    ),
    "answer reported after the end": Scenario(
        (observed("ringing", 0), observed("ended", 30), observed("connected", 31)),
        {"phase": "ended", "outcome": "answered", "ended_at": at(30), "talk_seconds": 0},
    ),
    "ringing again after the end": Scenario(
        (observed("connected", 5), observed("ended", 30), observed("ringing", 200)),
        {"phase": "ringing", "outcome": None, "ended_at": None, "talk_seconds": None},
        {"21": "ringing"},
    ),
    "ringing again after the miss": Scenario(
        (observed("missed", 30), observed("ringing", 200)),
        {"phase": "ringing", "talk_seconds": None},
        {"21": "ringing"},
    ),
    "a queue rings the desk twice, and it talks": Scenario(
        QUEUE, {"phase": "connected", "ended_at": None}, {"21": "connected"}
    ),
    "a queue rings the desk twice": Scenario(
        (*QUEUE, observed("ended", 60), observed("missed", 61)),
        {"phase": "ended", "outcome": "answered", "answered_by": "21", "talk_seconds": 37},
    ),
    "a queue rings the desk twice, and the second ring is not reported": Scenario(
        (observed("ringing", 0), observed("missed", 5), observed("connected", 8)),
        {"phase": "connected", "ended_at": None},
        {"21": "connected"},
    ),
    "a queue rings the desk twice, in vain": Scenario(
        (*QUEUE[:3], observed("missed", 25)),
        {"phase": "missed", "outcome": "missed", "ended_at": at(25)},
        {"21": "missed"},
    ),
    "a transfer from inside to a caller": Scenario(
        (
            observed("ringing", 0, remote=COLLEAGUE, name="Maier"),
            observed("connected", 2, remote=COLLEAGUE, name="Maier"),
            observed("connected", 4, name="Huber GmbH"),
        ),
        {"remote": CALLER, "name": "Huber GmbH"},
        {"21": "connected"},
    ),
    "a transfer from inside to a caller without a name": Scenario(
        (
            observed("ringing", 0, remote=COLLEAGUE, name="Maier"),
            observed("connected", 4),
            observed("ended", 9, remote=None, name="Maier"),
        ),
        {"remote": CALLER, "name": ""},
    ),
    "one caller handed over by another": Scenario(
        (
            observed("ringing", 0, name="Huber"),
            observed("connected", 2, name="Huber"),
            observed("connected", 4, remote=OTHER_CALLER, name="Weber KG"),
        ),
        {"remote": OTHER_CALLER, "name": "Weber KG"},
        {"21": "connected"},
    ),
    "a number that was dialled stays if another picks up": Scenario(
        (
            observed("dialed", 0, direction="outbound"),
            observed("connected", 4, remote=OTHER_CALLER, name="Weber KG"),
        ),
        {"remote": CALLER, "name": ""},
        {"21": "connected"},
    ),
    "a name that came before the number": Scenario(
        (observed("ringing", 0, remote=WITHHELD, name="Huber"), observed("connected", 3)),
        {"remote": CALLER, "name": "Huber"},
        {"21": "connected"},
    ),
}

NAMELESS = {
    "one phone, its end without an extension": Scenario(
        (
            observed("ringing", 0),
            observed("connected", 5),
            observed("ended", 65, "", reason="normal"),
        ),
        {
            "phase": "ended",
            "outcome": "answered",
            "extension": "21",
            "answered_by": "21",
            "reason": "normal",
            "ended_at": at(65),
            "talk_seconds": 60,
        },
        {"": "ended", "21": "ended"},
    ),
    "ring group, answered under another name, ended without one": Scenario(
        (
            observed("ringing", 0, "w0"),
            observed("ringing", 0, "w1"),
            observed("connected", 8, "1234567w0"),
            observed("ended", 68, "", reason="normalClearing"),
        ),
        {**GROUP_SAYS, "extension": "1234567w0", "answered_by": "1234567w0"},
        {"": "ended", "1234567w0": "ended", "w0": "ended", "w1": "ended"},
    ),
    "ring group nobody answered, missed without an extension": Scenario(
        (*RINGING_GROUP, observed("missed", 20, "")),
        {"phase": "missed", "answered_by": None, "ended_at": at(20), "ring_seconds": 20},
        {"": "missed", "21": "missed", "22": "missed", "23": "missed"},
    ),
    "a leg that ended by itself keeps its own end": Scenario(
        (
            *RINGING_GROUP,
            observed("missed", 4),
            observed("connected", 8, "22"),
            observed("ended", 68, ""),
        ),
        {"answered_by": "22", "talk_seconds": 60},
        {"": "ended", "21": "missed", "22": "ended", "23": "ended"},
    ),
    "the end without an extension tells the length": Scenario(
        (observed("ringing", 0), observed("ended", 68, "", talk_seconds=60)),
        {"outcome": "answered", "answered_by": "21", "connected_at": at(8), "talk_seconds": 60},
        {"": "ended", "21": "ended"},
    ),
    "the length and an observed answer": Scenario(
        (
            observed("ringing", 0, ""),
            observed("connected", 5, "22"),
            observed("ended", 40, "", talk_seconds=9),
        ),
        {"answered_by": "22", "connected_at": at(5), "talk_seconds": 35},
        {"": "ended", "22": "ended"},
    ),
    "the only phone there is has answered": Scenario(
        (observed("ringing", 0), observed("connected", 8, "")),
        {"phase": "connected", "extension": "21", "answered_by": "21", "connected_at": at(8)},
        {"": "connected", "21": "connected"},
    ),
    "one of several has answered": Scenario(
        (*RINGING_GROUP, observed("connected", 8, "")),
        {
            "phase": "connected",
            "extension": "21",
            "answered_by": None,
            "connected_at": at(8),
            "ring_seconds": 8,
        },
        {"": "connected", "21": "ringing", "22": "ringing", "23": "ringing"},
    ),
    "one of several has answered, and it is over": Scenario(
        (*RINGING_GROUP, observed("connected", 8, ""), observed("ended", 68, "")),
        {**GROUP_SAYS, "extension": "21", "answered_by": None},
        {"": "ended", "21": "ended", "22": "ended", "23": "ended"},
    ),
    "who was rung too late is not who answered": Scenario(
        (observed("ringing", 0), observed("connected", 8, ""), observed("ringing", 60, "31")),
        {"phase": "connected", "answered_by": "21"},
        {"": "connected", "21": "connected", "31": "ringing"},
    ),
    "nobody in particular rings": Scenario(
        (observed("ringing", 0, ""),),
        {"phase": "ringing", "extension": "", "answered_by": None, "rung_at": at(0)},
        {"": "ringing"},
    ),
    "nobody in particular had it": Scenario(
        (observed("ringing", 0, ""), observed("connected", 8, ""), observed("ended", 68, "")),
        {**GROUP_SAYS, "extension": "", "answered_by": None},
        {"": "ended"},
    ),
    "rung without an extension, missed with one": Scenario(
        (observed("ringing", 0, ""), observed("missed", 25)),
        {"phase": "missed", "extension": "21", "ring_seconds": 25},
        {"": "ringing", "21": "missed"},
    ),
    "missed without an extension after an answer": Scenario(
        (observed("ringing", 0), observed("connected", 5), observed("missed", 65, "")),
        {"phase": "ended", "outcome": "answered", "answered_by": "21", "talk_seconds": 60},
        {"": "missed", "21": "ended"},
    ),
    "handed on: the end of the first part is not that of the second": Scenario(
        (
            observed("ringing", 0, external_id="A"),
            observed("connected", 5, external_id="A"),
            observed("ringing", 60, "31", external_id="B"),
            observed("ended", 62, "", external_id="A"),
        ),
        {"phase": "connected", "outcome": None, "answered_by": "21", "ended_at": None},
        {"": "ended", "21": "ended", "31": "ringing"},
    ),
    "handed on twice, each part with an end": Scenario(
        (
            observed("ringing", 0, external_id="A"),
            observed("connected", 5, external_id="A"),
            observed("ringing", 60, "31", external_id="B"),
            observed("ended", 62, "", external_id="A"),
            observed("connected", 65, "31", external_id="B"),
            observed("ringing", 90, "32", external_id="C"),
            observed("ended", 92, "", external_id="B"),
            observed("connected", 95, "32", external_id="C"),
            observed("ended", 125, "", external_id="C"),
        ),
        {"phase": "ended", "answered_by": "21", "ended_at": at(125), "talk_seconds": 120},
        {"": "ended", "21": "ended", "31": "ended", "32": "ended"},
    ),
    "each phone of a group has its own id, or none": Scenario(
        (
            observed("ringing", 0, "22", external_id="B"),
            observed("ringing", 0, external_id="A"),
            observed("connected", 5, external_id="A"),
            observed("ringing", 0, "31"),
        ),
        {"external_ids": ("A", "B")},
        {"21": "connected", "22": "ringing", "31": "ringing"},
    ),
    "nobody said the number": Scenario(
        (observed("ringing", 0, remote=None), observed("ended", 9, remote=None)),
        {"remote": NOBODY, "phase": "missed"},
    ),
    "the number is said only once": Scenario(
        (
            observed("ringing", 0, remote=None),
            observed("connected", 5),
            observed("ended", 9, remote=None),
        ),
        {"remote": CALLER, "talk_seconds": 4},
    ),
    "a withheld number is said, and says more than nothing": Scenario(
        (observed("ringing", 0, remote=WITHHELD), observed("ended", 9, remote=None)),
        {"remote": WITHHELD},
    ),
}
SCENARIOS |= NAMELESS
