"""Calls follow the directory: the popup, and the history, show the records as they are now."""

from softphone_testing.until import until
from support.product import Json
from support.stack.installation import Installation
from support.tenant.browser import signed_in

NUMBER = "08999998041"
RECORDS = "/api/directory/records"


def shown(call: Json) -> list[str]:
    return [match["name"] for match in call["matches"]]


async def test_open_popup_and_history_follow_the_records(installation: Installation) -> None:
    company = await installation.make_company()
    anna, admin = await installation.make_user(company.tenant), company.admin.token
    fields = {"extension": "21", "number": NUMBER}
    earlier = await company.phone.post_hits("ringing", "missed", call_id="a84b4c76", **fields)
    await installation.logged(admin, earlier, phase="missed")

    async def are_shown(*names: str) -> None:
        async def in_history() -> bool:
            entries = [
                await installation.get(f"/api/calls/{id_}", admin) for id_ in (earlier, call)
            ]
            return [shown(entry) for entry in entries] == [[*names], [*names]]

        await until(lambda: shown(browser.calls()[-1]) == [*names], what=f"{names} in the popup")
        await until(in_history, what=f"{names} in the history")

    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        call = await company.phone.post_hits("ringing", call_id="b84b4c76", **fields)
        await until(lambda: browser.calls() and browser.calls()[-1]["matched"], what="nobody")
        await installation.logged(admin, call, phase="ringing")
        body = {"type": "contact", "name": "Huber", "numbers": [{"number": "+49 89 99998-041"}]}
        record = (await installation.post(RECORDS, anna.token, body))["id"]
        await are_shown("Huber")
        sent = {
            "source": "crm",
            "host_id": "1",
            **body,
            "type": "organization",
            "name": "Huber GmbH",
        }
        await installation.ask("PUT", RECORDS, admin, {"items": [sent]})
        await are_shown("Huber", "Huber GmbH")
        changes = {"name": "Huber-Maier"}
        await installation.ask("PATCH", f"{RECORDS}/{record}", anna.token, changes)
        await are_shown("Huber-Maier", "Huber GmbH")
        moved = {"numbers": [{"number": "08999998042"}]}
        await installation.ask("PUT", RECORDS, admin, {"items": [sent | moved]})
        await are_shown("Huber-Maier")
        for ignored, names in (([{"number": NUMBER, "name": "Tür"}], ()), ([], ("Huber-Maier",))):
            lists = {"ignored_numbers": ignored}
            await installation.ask("PATCH", "/api/tenant", admin, lists)
            await are_shown(*names)
        await installation.ask("DELETE", f"{RECORDS}/{record}", admin)
        await are_shown()
        await installation.post(f"/api/directory/recycle-bin/{record}/restore", admin)
        await are_shown("Huber-Maier")


async def test_calls_of_direct_lines_follow_the_company(installation: Installation) -> None:
    company = await installation.make_company()
    anna, admin = await installation.make_user(company.tenant), company.admin.token
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        fields = {"extension": "21", "number": "089 99998-56"}
        call = await company.phone.post_hits("ringing", call_id="a84b4c76", **fields)
        await until(lambda: browser.calls() and browser.calls()[-1]["matched"], what="nobody")
        await installation.logged(admin, call, phase="ringing")
        numbers = [{"number": "089 99998-0", "extension_digits": 2}]
        body = {"type": "organization", "name": "Huber GmbH", "numbers": numbers}
        record = (await installation.post(RECORDS, anna.token, body))["id"]

        async def are_shown(*names: str) -> None:
            async def in_history() -> bool:
                return shown(await installation.get(f"/api/calls/{call}", admin)) == [*names]

            await until(lambda: shown(browser.calls()[-1]) == [*names], what=f"{names} at the desk")
            await until(in_history, what=f"{names} in the history")

        await are_shown("Huber GmbH")
        (match,) = browser.calls()[-1]["matches"]
        assert (match["level"], match["basis"]) == ("range", "range")
        await installation.ask("DELETE", f"{RECORDS}/{record}", admin)
        await are_shown()


async def test_calls_and_comments_follow_a_merge(installation: Installation) -> None:
    """The open popup, and the history however old: the other record had another number."""
    company = await installation.make_company()
    anna, admin = await installation.make_user(company.tenant), company.admin.token
    kept, other = [
        (
            await installation.post(
                RECORDS,
                anna.token,
                {"type": "contact", "name": name, "numbers": [{"number": number}]},
            )
        )["id"]
        for name, number in (("Huber", "089 99998043"), ("Huber, E.", NUMBER))
    ]
    fields = {"extension": "21", "number": NUMBER}
    earlier = await company.phone.post_hits("ringing", "missed", call_id="a84b4c77", **fields)
    await installation.logged(admin, earlier, phase="missed")

    async def is_matched() -> bool:
        return shown(await installation.get(f"/api/calls/{earlier}", admin)) == ["Huber, E."]

    await until(is_matched, what="the match of the earlier call")
    text = {"text": "Ruft zurück", "record": other}
    await installation.post(f"/api/calls/{earlier}/comments", anna.token, text)
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        call = await company.phone.post_hits("ringing", call_id="b84b4c77", **fields)
        await until(lambda: shown(browser.calls()[-1]) == ["Huber, E."], what="the other record")
        await installation.logged(admin, call, phase="ringing")
        for _ in range(2):  # repeated, it changes nothing
            path = f"{RECORDS}/{kept}/merge"
            merged = await installation.post(path, anna.token, {"other": other})
            assert merged["record"]["version"] == 2
        await until(lambda: shown(browser.calls()[-1]) == ["Huber"], what="Huber in the popup")

        async def have_moved() -> bool:
            calls = await installation.calls(anna.token, record=kept)
            comments = await installation.get("/api/comments", anna.token, record=kept)
            return {each["id"] for each in calls} == {earlier, call} and len(comments["items"]) == 1

        await until(have_moved, what="calls and comments of the record that stays")
        assert await installation.calls(admin, record=other) == []
    assert (await installation.get(f"{RECORDS}/{other}", anna.token))["id"] == kept
