"""Neither the connector nor a secret leaves the host of a source."""

import asyncio
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from softphone_testing.servers.ports import HOST
from support.certificates import self_signed
from support.crm import PASSWORD, contacts
from support.stack.source_site import SourceSite

BEARER = {"credentials": "bearer", "secret": PASSWORD}


async def failure(site: SourceSite) -> tuple[str, str]:
    """The state of the latest run, and the code of the reason."""
    run = await site.latest()
    return run.state, run.code


@pytest.mark.parametrize("place", ["redirect", "link", "address"])
async def test_other_host_is_not_called(site: SourceSite, place: str) -> None:
    other = site.elsewhere.url
    site.elsewhere.records = contacts(3)

    def leads(request: Request) -> Response:
        if place == "redirect":
            return RedirectResponse(f"{other}/whole")
        body = {"data": {"contacts": contacts(1)}, "links": {"next": f"{other}/whole"}}
        return JSONResponse(body)

    site.crm.answer = leads
    address = {"address": f"{other}/whole"} if place == "address" else {}
    await site.add_source("/next", **BEARER, **address)
    await site.read()
    assert await failure(site) == ("failed", "source-host-forbidden")
    assert (site.elsewhere.paths, await site.names()) == ([], [])


async def test_permitted_other_host_gets_no_secret(site: SourceSite) -> None:
    site.permit(site.crm, site.elsewhere)
    other = site.elsewhere.url
    site.crm.answer = lambda _: RedirectResponse(f"{other}/whole")
    await site.add_source("/next", **BEARER)
    await site.read()
    run = await site.latest()
    assert (run.code, run.params) == ("source-leads-elsewhere", {"host": other[7:]})
    assert site.elsewhere.paths == []


async def test_redirect_within_the_host_is_followed(site: SourceSite) -> None:
    site.crm.records = contacts(3)

    def moved(request: Request) -> Response | None:
        is_old = request.url.path == "/old"
        return RedirectResponse("/whole") if is_old else None

    site.crm.answer = moved
    await site.add_source("/old", items="")
    await site.read()
    assert ((await site.latest()).state, site.crm.paths) == ("finished", ["/old", "/whole"])


async def test_endless_redirects_end(site: SourceSite) -> None:
    site.crm.answer = lambda _: RedirectResponse("/whole")
    await site.add_source("/whole")
    await site.read()
    assert await failure(site) == ("failed", "source-leads-elsewhere")
    assert len(site.crm.paths) == 4


async def test_permitted_link_elsewhere_gets_no_secret(site: SourceSite) -> None:
    site.permit(site.crm, site.elsewhere)
    other = f"{site.elsewhere.url}/whole"
    body = {"data": {"contacts": contacts(1)}, "links": {"next": other}}
    site.crm.answer = lambda _: JSONResponse(body)
    await site.add_source("/next", **BEARER)
    await site.read()
    assert await failure(site) == ("failed", "source-leads-elsewhere")
    assert site.elsewhere.paths == []


async def test_certificate_of_nobody_is_refused(site: SourceSite, tmp_path: Path) -> None:
    requests: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(10_000))
        writer.close()

    await site.elsewhere.stop()
    port = site.elsewhere.port
    async with await asyncio.start_server(answer, HOST, port, ssl=self_signed(tmp_path)):
        site.permit(site.elsewhere)
        address = f"https://{HOST}:{port}/"
        await site.add_source("/whole", address=address, **BEARER)
        await site.read()
    assert await failure(site) == ("failed", "source-certificate-refused")
    assert requests == []
