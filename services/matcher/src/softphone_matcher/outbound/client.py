"""Requests to sources: only to permitted hosts, over TLS, limited in size and time."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import httpx

from softphone_matcher.outbound.errors import SourceError
from softphone_matcher.outbound.hosts import LOOPBACK, PORTS, PermittedHosts
from softphone_matcher.outbound.ldap import LdapConnection, LdapServer

REDIRECTS_MAX = 3
_WEB = frozenset({"https", "http"})
_LDAP = frozenset({"ldaps", "ldap"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a source. `accepted`: the statuses of answers that are read."""

    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": "application/json"})
    accepted: frozenset[int] = frozenset({200})


_GET = Request()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a source: its body, and the address of the next page in its head.

    `address` is where it was found, behind all redirects.
    """

    body: bytes
    next: str = ""
    status: int = 200
    address: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secret of a source, and how it is sent: `none`, `basic`, `bearer` or `header`.

    `name` is the user's for `basic`, and that of the header for `header`.
    """

    kind: str = "none"
    name: str = ""
    secret: str = field(default="", repr=False)

    def headers(self) -> Mapping[bytes, bytes]:
        """The header fields that carry the secret, but for `basic`."""
        match self.kind:
            case "bearer":
                return {b"Authorization": b"Bearer " + self.secret.encode()}
            case "header":
                return {self.name.encode(): self.secret.encode()}
            case _:
                return {}

    def basic(self) -> tuple[str, str] | None:
        """The user and the password of `basic`."""
        return (self.name, self.secret) if self.kind == "basic" else None


class Outbound:
    """Calls the addresses of sources. Every method raises SourceError."""

    def __init__(self, hosts: PermittedHosts, answer_seconds: float, answer_bytes: int) -> None:
        self._hosts = hosts
        self._answer_seconds = answer_seconds
        self._answer_bytes = answer_bytes
        # made once: it reads the certificates of all authorities
        self._context = httpx.create_ssl_context()

    def check(self, address: str) -> str:
        """The origin of an address that may be called, such as `https://crm.example.com`."""
        return _origin(self._permitted(address, _WEB | _LDAP))

    def ldap(self, address: str, credentials: Credentials) -> LdapConnection:
        """A connection to an LDAP server, which has called nobody yet."""
        url = self._permitted(address, _LDAP)
        port = PORTS[url.scheme] if url.port is None else url.port
        server = LdapServer(url.host, port, url.scheme, is_plain=url.host in LOOPBACK)
        seconds, size = self._answer_seconds, self._answer_bytes
        return LdapConnection(server, credentials.basic(), self._context, seconds, size)

    async def send(self, address: str, credentials: Credentials, request: Request = _GET) -> Answer:
        """The answer at the address, behind redirects within its origin.

        A redirect to another origin is not followed: it would take the secret there. One within
        the origin gets the same request again.
        """
        url = self._permitted(address)
        origin = _origin(url)
        try:
            # the whole answer has a time, not each part of it
            async with asyncio.timeout(self._answer_seconds):
                for _ in range(REDIRECTS_MAX + 1):
                    answer = await self._answer(url, credentials, request)
                    if isinstance(answer, Answer):
                        return answer
                    url = self._permitted(str(url.join(answer)))
                    if _origin(url) != origin:
                        raise SourceError("source-leads-elsewhere", host=_place(url))
        except TimeoutError:
            limit = round(self._answer_seconds)
            raise SourceError("source-too-slow", is_temporary=True, limit=limit) from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _unreachable(url, error) from None
        raise SourceError("source-leads-elsewhere", host=_place(url))

    def follow(self, base: str, link: str) -> str:
        """The address that a link in an answer leads to; it has to be of the same origin."""
        try:
            url = httpx.URL(base).join(link)
        except (httpx.InvalidURL, ValueError):
            raise SourceError("source-address-invalid") from None
        if self.check(str(url)) != self.check(base):
            raise SourceError("source-leads-elsewhere", host=_place(url))
        return str(url)

    def _permitted(self, address: str, schemes: Collection[str] = _WEB) -> httpx.URL:
        try:
            url = httpx.URL(address)
            host = url.raw_host.decode("ascii")
        except (httpx.InvalidURL, ValueError):
            raise SourceError("source-address-invalid") from None
        # a password in an address would be shown and logged
        if url.scheme not in schemes or not host or url.userinfo:
            raise SourceError("source-address-invalid")
        if url.scheme in _LDAP and (url.path not in {"", "/"} or url.query or url.fragment):
            raise SourceError("source-address-not-ldap")
        if not self._hosts.permit(url.scheme, host, url.port):
            raise SourceError("source-host-forbidden", host=_place(url))
        return url

    async def _answer(
        self, url: httpx.URL, credentials: Credentials, request: Request
    ) -> Answer | str:
        """The answer, or the address that it redirects to."""
        # nothing is unpacked, so that a small answer cannot become a large one
        headers = httpx.Headers({**request.headers, "Accept-Encoding": "identity"})
        headers.update(credentials.headers())
        # a proxy of the environment does not reach this machine's own addresses
        beyond = url.host not in LOOPBACK
        body = bytearray()
        async with (
            httpx.AsyncClient(verify=self._context, trust_env=beyond, timeout=None) as client,  # noqa: S113
            client.stream(
                request.method,
                url,
                content=request.body or None,
                auth=credentials.basic(),
                headers=headers,
            ) as answer,
        ):
            if answer.status_code in _REDIRECTS and "location" in answer.headers:
                return answer.headers["location"]
            _require_success(answer.status_code, request.accepted)
            async for part in answer.aiter_raw():
                body += part
                if len(body) > self._answer_bytes:
                    raise SourceError("source-too-large", limit=self._answer_bytes)
        link = answer.links.get("next", {}).get("url", "")
        return Answer(bytes(body), link, answer.status_code, str(url))


def _require_success(status: int, accepted: frozenset[int]) -> None:
    if status in accepted:
        return
    if status in {401, 403}:
        raise SourceError("source-refused", status=status)
    is_temporary = status >= 500 or status in {408, 429}
    raise SourceError("source-answered", is_temporary=is_temporary, status=status)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{_place(url)}"


def _place(url: httpx.URL) -> str:
    """Host and port, without what stands before and behind them in the address."""
    return url.netloc.decode("ascii", errors="replace")


def _unreachable(url: httpx.URL, error: Exception) -> SourceError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return SourceError("source-certificate-refused", host=_place(url))
    return SourceError("source-unreachable", is_temporary=True, host=_place(url))
