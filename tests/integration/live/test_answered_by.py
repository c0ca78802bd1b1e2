"""Who answered: the user, and not the number of the group that rang at the user's desk."""

from softphone_testing.until import until
from support.stack.installation import Installation
from support.tenant.browser import signed_in

RINGS = ("99", "21", "22")
"""A group's number, and the extensions of its members."""


async def test_answer_at_a_group_is_that_of_its_member(installation: Installation) -> None:
    company = await installation.make_company()
    anna = await installation.make_user(company.tenant, extensions=("21",))
    fields = {"number": "03023125204", "call_id": "a84b4c76"}
    async with signed_in(installation.url, anna.token) as browser:
        await browser.expect("welcome")
        for extension in RINGS:
            call = await company.phone.post_hits("ringing", extension=extension, **fields)
        for extension in ("99", "21"):
            await company.phone.post_hits("connected", extension=extension, **fields)
        await until(
            lambda: browser.calls()[-1]["answered_by"] == "21", what="the answer of the user"
        )
    await installation.logged(
        company.admin.token, call, phase="connected", answered_by="21", extension="21"
    )
    (listed,) = (await installation.get("/api/calls", company.admin.token))["items"]
    assert listed["answered_by"] == "21"
