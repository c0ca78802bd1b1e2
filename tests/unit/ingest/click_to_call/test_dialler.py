"""A click without a server: the link it opens, and the call it begins."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from softphone_common.contracts.dial_link import DialLink
from softphone_common.domain.numbers.normalise import RemoteNumber
from softphone_common.http.problem import ProblemError
from softphone_ingest.click_to_call.dialler import Click, Dialler
from softphone_ingest.devices.config import DeviceConfigs
from softphone_ingest.identity.resolver import CallIdResolver
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.tenants.dial_targets import DialTargets
from softphone_testing.memory.click_to_call import MemoryDialLinks, MemoryIdempotencyKeys
from support.stack.memory_ingest import TENANT, MemoryIngest, memory_ingest
from support.store_contracts.call_memory import POLICY


class Clicks:
    """A user at extension 21 of a tenant that dials E.164 in tel links."""

    def __init__(self, ingest: MemoryIngest) -> None:
        self._ingest = ingest
        self.links = MemoryDialLinks()
        self._dialler = Dialler(
            ingest.devices,
            DeviceConfigs(load_all()),
            self.links,
            MemoryIdempotencyKeys(),
            CallIdResolver(ingest.memory, POLICY),
            ingest.spool,
            ingest.clock,
            DialTargets("", ()),
        )

    async def link(self, number: str, key: str | None = None) -> str:
        """The link that a click on this number opens."""
        return (await self._dialler.dial(TENANT, Click("u1", "21", number, key)))[1]

    async def dial_by(self, link: str, number: str, key: str) -> tuple[str, str]:
        """The link that this dial link makes of a click, and the extension it does not carry."""
        await self.links.put(TENANT.id, "u1", DialLink(link=link))
        return (await self._dialler.dial(TENANT, Click("u1", "21", number, key)))[1:]

    async def dialled(self, number: str) -> tuple[str, RemoteNumber]:
        """The link of a click, and the other party of the call it began."""
        link = await self.link(number)
        (observation,) = self._ingest.observed()
        assert observation.remote is not None
        return link, observation.remote


@pytest.fixture
async def clicks(tmp_path: Path) -> AsyncIterator[Clicks]:
    async with memory_ingest(tmp_path) as ingest:
        yield Clicks(ingest)


@pytest.mark.parametrize(
    ("typed", "link", "e164"),
    [
        ("*31#089 99998713", "tel:*31%23+498999998713", "+498999998713"),
        ("#31#089 99998716", "tel:%2331%23+498999998716", "+498999998716"),
        ("*67 +1 212 555 0180", "tel:*67+12125550180", "+12125550180"),
        ("*82 +1 212 555 0181", "tel:*82+12125550181", "+12125550181"),
        ("*31# 0171 3920073", "tel:*31%23+491713920073", "+491713920073"),
        ("*31#115", "tel:*31%23115", None),
        ("*31#22", "tel:*31%2322", None),
    ],
)
async def test_code_for_the_own_number_stays_in_the_link(
    clicks: Clicks, typed: str, link: str, e164: str | None
) -> None:
    opened, remote = await clicks.dialled(typed)
    assert (opened, remote.e164) == (link, e164)


@pytest.mark.parametrize(
    ("typed", "link", "ext"),
    [
        ("+1 212-555-0147, ext. 45543", "tel:+12125550147;ext=45543", "45543"),
        ("089 99998718,,1", "tel:+498999998718;ext=1", "1"),
        ("089 99998718,,1,,2#", "tel:+498999998718,1,2", "1,2"),
        ("+49 89 99998720;ext=12", "tel:+498999998720;ext=12", "12"),
        ("+1 (212) 555-0147 x 9", "tel:+12125550147;ext=9", "9"),
    ],
)
async def test_extension_reaches_the_link_and_the_call(
    clicks: Clicks, typed: str, link: str, ext: str
) -> None:
    opened, remote = await clicks.dialled(typed)
    assert (opened, remote.ext) == (link, ext)


@pytest.mark.parametrize(
    ("dial_link", "opened", "by_hand"),
    [
        ("tel:{number}", "tel:+498999998001;ext=12", ""),
        ("sip:{number}@pbx.example.de", "sip:+498999998001@pbx.example.de", "12"),
        ("http://localhost:61234?n={number}", "http://localhost:61234?n=%2B498999998001", "12"),
        (
            "http://localhost:61234?n={number}&dtmf={ext}",
            "http://localhost:61234?n=%2B498999998001&dtmf=12",
            "",
        ),
    ],
)
async def test_extension_is_in_the_link_or_named(
    clicks: Clicks, dial_link: str, opened: str, by_hand: str
) -> None:
    for _ in ("a click", "the same one, repeated"):
        dialled = await clicks.dial_by(dial_link, "089 99998001 ext 12", key="k1")
        assert dialled == (opened, by_hand)


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("089/99998709/10", "tel:+498999998709"),
        ("498999998724.0", "tel:+498999998724"),
        ("498,999,998,727", "tel:+498999998727"),
        ("1+951 555 0182", "tel:+19515550182"),
        ("-44 20 7946 0168", "tel:+442079460168"),
        ("+49 115", "tel:115"),
        ("089 99998701 / 99998702", "tel:+498999998701"),
    ],
)
async def test_click_on_a_field_dials_its_first_number(
    clicks: Clicks, typed: str, link: str
) -> None:
    assert await clicks.link(typed) == link


@pytest.mark.parametrize("typed", ["499,999,98", "201,202,203", "089 99998-0/12", "8999998001abc"])
async def test_click_on_a_doubtful_number_is_refused(clicks: Clicks, typed: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await clicks.link(typed)
    assert refused.value.code == "number-not-dialable"


@pytest.mark.parametrize("again", ["*31#089 99998713", "089 99998713 ext. 5"])
async def test_key_of_a_click_without_code_or_ext_is_refused(clicks: Clicks, again: str) -> None:
    await clicks.link("089 99998713", key="k1")
    with pytest.raises(ProblemError) as refused:
        await clicks.link(again, key="k1")
    assert refused.value.code == "idempotency-key-reused"


async def test_stored_link_that_is_not_allowed_is_not_used(clicks: Clicks) -> None:
    """It may have been stored before the rule, or before the operator removed its host."""
    await clicks.links.put("acme", "u1", DialLink(link="https://pbx.example.de/?n={number}"))
    with pytest.raises(ProblemError) as refused:
        await clicks.link("089 99998713")
    assert refused.value.code == "dial-link-refused"
