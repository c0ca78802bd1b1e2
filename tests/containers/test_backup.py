"""Everything is destroyed and comes back from an archive: data, messages on their way, secrets."""

from typing import Any

import aio_pika
import pytest

from containers.command import CommandFailedError
from containers.product import company_in
from containers.project import Project
from softphone_common.bus import topology
from softphone_common.bus.envelope import Envelope
from support.bus.dead_letters import missed_call, put_message
from support.product import PASSWORD, Json
from support.tenant.company import LISTED, Company
from support.tenant.traffic import traffic_of
from support.waiting import until_passes
from support.web_client import web_client


async def test_all_that_was_accepted_is_there_after_a_restore(project: Project) -> None:
    archive = project.folder / "backup.tar"
    async with company_in(project) as company, company_in(project) as others:
        call = await company.make_call(LISTED)
        await company.make_calls(10)
        await company.until_logged()
        comment: Json = {"text": "ruft morgen zurück", "record": company.record}
        await company.ask("POST", f"/api/calls/{call.call_id}/comments", comment)
        await bury(project, company)
        await until_passes(lambda: has_dead_letter(company), "the dead letter")
        async with web_client(project.url) as browser:
            await sign_in(browser, company)
            before = await shown(company)
            await project.compose("stop", "calllog")
            await company.make_calls(10)  # wait in the queues of calllog
            await project.compose("stop", "rabbitmq")
            await company.make_calls(10)  # wait in the spools of ingest
            async with traffic_of(others) as traffic:
                await project.script("backup", str(archive))
                await traffic.more(5)
            assert others.phone.refused == others.phone.unanswered == 0
            await others.until_logged()
            await project.down()
            (project.folder / "secrets.d").rename(project.folder / "former-secrets")
            await project.script("restore", str(archive))
            await company.until_logged()
            after = await shown(company)
            assert after["comments"] == before["comments"]
            assert after["dead letters"] == before["dead letters"]
            assert after["records"] == before["records"]
            renewed = await browser.post("/api/session/renew")
            assert renewed.is_success, renewed.text
        with pytest.raises(CommandFailedError, match=r"secrets\.d exists"):
            await project.script("restore", str(archive))


async def bury(project: Project, company: Company) -> None:
    """Puts a message that no release can read among those of calllog."""
    address = await project.address("rabbitmq")
    user = f"softphone:{project.secret('amqp_password')}"
    connection = await aio_pika.connect(f"amqp://{user}@{address}:5672/")
    async with connection, connection.channel() as channel:
        _, envelope = missed_call(company.tenant)
        await put_message(channel, Envelope(b"{}", envelope.headers), topology.dead("calllog.call"))


async def has_dead_letter(company: Company) -> None:
    assert (await company.ask("GET", "/api/dead-letters", role="operator"))["items"]


async def sign_in(browser: Any, company: Company) -> None:
    """Has the browser get the cookie of a session."""
    credentials = {"tenant": company.tenant, "login": "anna", "password": PASSWORD}
    (await browser.post("/api/session", json=credentials)).raise_for_status()


async def shown(company: Company) -> dict[str, Any]:
    """All that the company sees apart from its calls."""
    log = await company.log()
    return {
        "comments": [call["comments"] for call in log if call["comments"]],
        "records": (await company.ask("GET", "/api/directory/records"))["items"],
        "dead letters": (await company.ask("GET", "/api/dead-letters", role="operator"))["items"],
    }
