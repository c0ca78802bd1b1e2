"""Times of the popups and history of one tenant while another tenant floods ingest.

They are compared with the times on a machine that is as busy with something else. A flood keeps
every core busy, with the services, the servers and its own sender; on a machine with few cores that
alone doubles the time of a popup. The times in which the tenant is alone would tell how idle the
machine is otherwise, and not whether anybody waits behind the flood.
"""

from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles
from time import monotonic

from faults.busy import busy_machine
from faults.flood import Flood, flooding
from faults.site import Site
from softphone_testing.until import until
from support.bus.queues import queue_lengths
from support.product import Json
from support.tenant.browser import open_socket
from support.tenant.call import MISSED, Call
from support.tenant.company import LISTED, Company, company_of

RATIO_MAX = 2.0
HISTORY_RATIO_MAX = 10.0
"""Nobody waits for the history of a call that rings, which is written in batches."""


@dataclass
class Popups:
    """Seconds from the ring of each call until its frame, bare and with its matches, and until it
    is in the call history."""

    bare: list[float] = field(default_factory=list)
    matched: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)


class Desk:
    """The user whose popups are measured."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.seen: dict[tuple[str, bool], float] = {}

    def on_frame(self, frame: Json) -> None:
        if frame["type"] == "call":
            call = frame["call"]
            self.seen.setdefault((call["id"], bool(call["matches"])), monotonic())

    async def measure(self, calls: int) -> Popups:
        """Has one call after another ring, each of which must be accepted at once."""
        popups = Popups()
        for _ in range(calls):
            call, began = self.company.new_call(LISTED, MISSED), monotonic()
            await call.ringing()
            await until(partial(self._has_matches, call), what="the matches")
            first = min(self.seen[shown] for shown in self.seen if shown[0] == call.call_id)
            popups.bare.append(first - began)
            popups.matched.append(self.seen[call.call_id, True] - began)
            await until(partial(self.company.has_logged, call), what="the call history")
            popups.logged.append(monotonic() - began)
            await call.missed()
        return popups

    def _has_matches(self, call: Call) -> bool:
        return (call.call_id, True) in self.seen


@dataclass
class Comparison:
    """The p99 of each turn, on a busy machine and during the flood; the medians are compared."""

    busy: list[float] = field(default_factory=list)
    flooded: list[float] = field(default_factory=list)

    def add(self, busy: list[float], flooded: list[float]) -> None:
        self.busy.append(_p99(busy))
        self.flooded.append(_p99(flooded))

    @property
    def ratio(self) -> float:
        return median(self.flooded) / median(self.busy)

    def __str__(self) -> str:
        busy, flooded = median(self.busy) * 1000, median(self.flooded) * 1000
        return f"{busy:.0f} ms busy, {flooded:.0f} ms during the flood, {self.ratio:.2f} times"


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[98]


@dataclass
class Shares:
    """Two tenants' shares: popups of one, on a busy machine and during the flood of the other."""

    bare: Comparison = field(default_factory=Comparison)
    matched: Comparison = field(default_factory=Comparison)
    logged: Comparison = field(default_factory=Comparison)
    flood: Flood = field(default_factory=Flood)

    @property
    def are_fair(self) -> bool:
        popups = max(self.bare.ratio, self.matched.ratio)
        return popups <= RATIO_MAX and self.logged.ratio <= HISTORY_RATIO_MAX

    def __str__(self) -> str:
        return (
            f"popups, p99: {self.bare}\nwith matches: {self.matched}\n"
            f"in the call history: {self.logged}\n"
            f"answers to the flood: {dict(self.flood.statuses)}"
        )


async def measure_shares(site: Site, calls: int, rounds: range, events: int) -> Shares:
    """Compares during a flood of hits with this many events, for the least rounds, and for more
    while the shares are not fair: a busy machine distorts some of the rounds, and the median leaves
    these out."""
    shares = Shares()
    async with company_of(site) as loud, company_of(site) as quiet:
        desk = Desk(quiet)
        url = quiet.product.address("/ws")
        async with open_socket(url, on_frame=desk.on_frame) as browser, loud.browser():
            await browser.say_hello(quiet.token())
            await desk.measure(calls)  # the first calls of a process are slow
            for done in range(1, rounds.stop + 1):
                async with busy_machine():
                    busy = await desk.measure(calls)
                async with flooding(loud, events) as flood:
                    flooded = await desk.measure(calls)
                await _until_logged(loud, flood)
                shares.flood.statuses += flood.statuses
                shares.flood.waits |= flood.waits
                shares.bare.add(busy.bare, flooded.bare)
                shares.matched.add(busy.matched, flooded.matched)
                shares.logged.add(busy.logged, flooded.logged)
                await _until_idle(site)
                if done >= rounds.start and shares.are_fair:
                    break
    return shares


async def _until_logged(company: Company, flood: Flood) -> None:
    """Waits for what consumers of the queues still have, which the broker does not count."""
    for call in flood.calls:

        async def is_logged(path: str = f"/api/calls/{call}") -> bool:
            return (await company.request("GET", path)).is_success

        await until(is_logged, what="the flood in the call history")


async def _until_idle(site: Site) -> None:
    async def is_idle() -> bool:
        return not any((await queue_lengths(site.broker)).values())

    await until(is_idle, what="empty queues")
