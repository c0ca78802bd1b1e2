"""The files of the page: which form a browser gets, and how long it keeps it."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from softphone_common.http import problem
from softphone_notifier.page import Page

FILES = {
    "index.html": b"the page",
    "index.html.gz": b"gzipped page",
    "page-a1B2_c3D.js": b"the script",
    "page-a1B2_c3D.js.gz": b"gzipped script",
    "page-a1B2_c3D.js.br": b"brotli script",
    "404.html": b"nothing is here",
    "favicon.ico": b"icon",
}
SCRIPT = "/web/page-a1B2_c3D.js"


@pytest.fixture
def web(tmp_path: Path) -> httpx.AsyncClient:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    app = FastAPI()
    problem.install(app)
    app.include_router(Page(tmp_path).router)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside")


async def raw(web: httpx.AsyncClient, path: str, **headers: str) -> tuple[str | None, bytes]:
    """The encoding and the bytes of an answer, without decoding them."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with web.stream("GET", path, headers=names) as answer:
        content = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["vary"] == "Accept-Encoding"
    return answer.headers.get("content-encoding"), content


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip, deflate, br, zstd", ("br", b"brotli script")),
        ("gzip;q=1.0, br;q=0", ("gzip", b"gzipped script")),
        ("br;q=0.000,gzip;q=0.1", ("gzip", b"gzipped script")),
        ("brotli, gzipped", (None, b"the script")),
        ("identity", (None, b"the script")),
    ],
)
async def test_browser_gets_the_best_form_it_accepts(
    web: httpx.AsyncClient, accepted: str, expected: tuple[str | None, bytes]
) -> None:
    assert await raw(web, SCRIPT, accept_encoding=accepted) == expected


async def test_file_without_a_form_that_is_accepted_is_sent_as_it_is(
    web: httpx.AsyncClient,
) -> None:
    assert await raw(web, "/", accept_encoding="br") == (None, b"the page")


async def test_hashed_file_is_kept_and_the_page_is_asked_for_again(web: httpx.AsyncClient) -> None:
    kept = await web.head(SCRIPT)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    plain = {"Accept-Encoding": "identity"}
    page = await web.get("/", headers=plain)
    assert page.headers["cache-control"] == "no-cache"
    for tag in (page.headers["etag"], f"W/{page.headers['etag']}"):
        again = await web.get("/", headers={**plain, "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_each_form_has_a_tag_of_its_own(web: httpx.AsyncClient) -> None:
    encodings = ("identity", "gzip", "br")
    answers = [await web.head(SCRIPT, headers={"Accept-Encoding": each}) for each in encodings]
    assert len({answer.headers["etag"] for answer in answers}) == len(encodings)


@pytest.mark.parametrize("path", ["/", "/web/not-found"])
async def test_page_gives_away_no_window_and_no_device(web: httpx.AsyncClient, path: str) -> None:
    headers = (await web.get(path, headers={"Accept-Encoding": "identity"})).headers
    assert headers["cross-origin-opener-policy"] == "same-origin"
    allowed = dict(rule.split("=") for rule in headers["permissions-policy"].split(", "))
    assert {"camera", "microphone", "geolocation"} <= set(allowed)
    assert set(allowed.values()) == {"()"}


@pytest.mark.parametrize("path", ["/", "/pop?number=1", "/favicon.ico", SCRIPT])
async def test_monitor_may_ask_with_head(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.head(path)).status_code == 200


@pytest.mark.parametrize(
    "name", ["index.html", "404.html", "page-a1B2_c3D.js.br", "..%2Findex.html", "none-12345678.js"]
)
async def test_other_name_than_those_the_page_names_is_unknown(
    web: httpx.AsyncClient, name: str
) -> None:
    answer = await web.get(f"/web/{name}", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 404


async def test_page_for_unknown_addresses_has_their_status(web: httpx.AsyncClient) -> None:
    answer = await web.get("/web/not-found")
    assert (answer.status_code, answer.content) == (404, b"nothing is here")


async def test_page_that_is_not_built_is_unknown(tmp_path: Path) -> None:
    app = FastAPI()
    problem.install(app)
    app.include_router(Page(tmp_path / "none").router)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (404, "file-unknown")
