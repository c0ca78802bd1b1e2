"""Radicale, a real server of address books (CardDAV), as a process of its own."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path

from softphone_testing.servers import pinned_python
from softphone_testing.servers.child import Child
from softphone_testing.servers.ports import HOST, free_port
from support.openid.front import Front
from support.web_client import web_client

PINS = Path(__file__).with_name("radicale.txt")
USER, PASSWORD = "anna", "a-password-of-the-book"
METHODS = ("GET", "PUT", "DELETE", "PROPFIND", "REPORT", "MKCOL")
_BOOK = """<?xml version="1.0" encoding="utf-8"?>
<D:mkcol xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:set><D:prop>
<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype><D:displayname>Book</D:displayname>
</D:prop></D:set></D:mkcol>"""


def card(n: int, name: str = "Huber", *more: str, uid: str | None = None) -> str:
    """A contact with a number; `more` are further lines of its card."""
    ids = [f"UID:{uid or n}"] if uid != "" else []
    lines = ["BEGIN:VCARD", "VERSION:3.0", *ids, f"FN:{name} {n}", f"N:{n};{name};;;"]
    lines += [f"TEL;TYPE=WORK:089 9999{n:04d}", *more, "END:VCARD", ""]
    return "\r\n".join(lines)


class Radicale:
    """A server with a user, who has an address book called `book`.

    The connector calls `front`, which counts its requests; tests change cards behind it.
    """

    def __init__(self, url: str) -> None:
        self.front = Front(url, HOST, METHODS)
        self.port = self.front.port
        self._books: list[str] = []
        self._client = web_client(url, auth=(USER, PASSWORD))

    def address(self, book: str = "book") -> str:
        """The address of an address book, as the connector knows it."""
        return f"{self.front.url}/{USER}/{book}/"

    async def start(self) -> None:
        await self.front.start()
        await self.make_book("book")

    async def stop(self) -> None:
        """Removes its address books; the server goes on."""
        for book in self._books:
            await self._do("DELETE", f"/{USER}/{book}/")
        await self._client.aclose()
        await self.front.stop()

    async def make_book(self, book: str) -> None:
        await self._do("MKCOL", f"/{USER}/{book}/", _BOOK)
        self._books.append(book)

    async def put(self, cards: Iterable[tuple[str, str]], book: str = "book") -> None:
        """Stores each card under its name in the address book."""
        for name, text in cards:
            await self._do("PUT", f"/{USER}/{book}/{name}.vcf", text, "text/vcard")

    async def fill(self, count: int, name: str = "Huber", first: int = 1) -> None:
        """Stores this many contacts with ids from the first one on."""
        await self.put((str(n), card(n, name)) for n in range(first, first + count))

    async def delete(self, *names: str, book: str = "book") -> None:
        for name in names:
            await self._do("DELETE", f"/{USER}/{book}/{name}.vcf")

    async def _do(self, method: str, path: str, body: str = "", kind: str = "text/xml") -> None:
        headers = {"Content-Type": f"{kind}; charset=utf-8"}
        answer = await self._client.request(method, path, content=body.encode(), headers=headers)
        assert answer.is_success, (answer.status_code, answer.text)

    def requests(self, word: str) -> list[str]:
        """The bodies of all requests of the connector that have this word."""
        bodies = (body.decode() for _, _, body in self.front.requests)
        return [body for body in bodies if word in body]


@asynccontextmanager
async def radicale(folder: Path) -> AsyncIterator[str]:
    """The address of a server with a user and no address book, until the end of the block."""
    python = await pinned_python.installed_python(PINS, "Radicale", "connect to the network once")
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    port = free_port()
    config = folder / "config"
    config.write_text(
        f"[server]\nhosts = {HOST}:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\n"
        "htpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'books'}\n"
    )
    env = {"PATH": environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [python, "-m", "radicale", "--config", str(config)]
    child = Child("radicale", command, folder=folder, env=env)
    await child.start()
    try:
        await child.wait_answers(f"http://{HOST}:{port}/.web/", 60)
        yield f"http://{HOST}:{port}"
    finally:
        await child.stop()
