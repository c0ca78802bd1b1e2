"""A call that is handed on: number, name and matches are those of the party that is spoken with."""

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in

HUBER, WEBER = "08999998031", "08999998032"


def party(call: Json) -> tuple[str, str, list[str]]:
    return call["remote"]["e164"], call["name"], [match["name"] for match in call["matches"]]


async def test_party_after_a_transfer_has_its_own_matches(installation: Installation) -> None:
    company = await installation.make_company()
    anna = await installation.make_user(company.tenant)
    await installation.make_record(company.tenant, HUBER, "Huber GmbH")
    await installation.make_record(company.tenant, WEBER, "Weber KG")
    fields = {"extension": "21", "call_id": "a84b4c76"}
    huber, weber = ("+498999998031", "Huber", ["Huber GmbH"]), ("+498999998032", "", ["Weber KG"])
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        await company.phone.post_hits("ringing", number=HUBER, name="Huber", **fields)
        await until(lambda: browser.calls() and party(browser.calls()[-1]) == huber, what="Huber")
        await company.phone.post_hits("connected", number=HUBER, name="Huber", **fields)
        await company.phone.post_hits("connected", number=WEBER, **fields)
        await until(lambda: party(browser.calls()[-1]) == weber, what="Weber")
        # many phones send the end with the number of the first caller
        call = await company.phone.post_hits("ended", number=HUBER, name="Huber", **fields)
        await until(lambda: browser.calls()[-1]["phase"] == "ended", what="the end")
        assert party(browser.calls()[-1]) == weber

    async def is_logged() -> bool:
        entry = await installation.get(f"/api/calls/{call}", company.admin.token)
        return entry["phase"] == "ended" and party(entry) == weber

    await until(is_logged, what="the log of the party that was spoken with last")
    names = {party(frame)[0]: party(frame)[2] for frame in browser.calls() if frame["matches"]}
    assert names == {huber[0]: huber[2], weber[0]: weber[2]}
