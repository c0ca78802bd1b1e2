"""Searches LDAP servers: over TLS, with a verified certificate, limited in size and time.

Every connection has a thread of its own, since ldap3 waits for its answers. A server that is slow
holds up neither the event loop, in which calls are matched, nor another source.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from socket import SHUT_RDWR
from ssl import SSLContext
from typing import Any, TypeVar

from ldap3 import ANONYMOUS, DEREF_NEVER, NONE, SIMPLE, SUBTREE, Connection, Server, Tls
from ldap3.core import results
from ldap3.core.exceptions import LDAPCommunicationError, LDAPException, LDAPStartTLSError
from ldap3.operation.search import compile_filter, parse_filter
from ldap3.utils.dn import parse_dn

from softphone_matcher.outbound.errors import SourceError

_PAGED_RESULTS = "1.2.840.113556.1.4.319"
_FOREST = ("cn=configuration,", "dc=domaindnszones,", "dc=forestdnszones,")
"""Partitions without people, to which Active Directory refers from the root of each domain."""
_REFUSED = frozenset(
    {
        results.RESULT_AUTH_METHOD_NOT_SUPPORTED,
        results.RESULT_STRONGER_AUTH_REQUIRED,
        results.RESULT_CONFIDENTIALITY_REQUIRED,
        results.RESULT_INAPPROPRIATE_AUTHENTICATION,
        results.RESULT_INVALID_CREDENTIALS,
        results.RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    }
)
_BASE_UNKNOWN = frozenset({results.RESULT_NO_SUCH_OBJECT, results.RESULT_INVALID_DN_SYNTAX})
_TEMPORARY = frozenset(
    {
        results.RESULT_TIME_LIMIT_EXCEEDED,
        results.RESULT_REFERRAL,
        results.RESULT_ADMIN_LIMIT_EXCEEDED,
        results.RESULT_BUSY,
        results.RESULT_UNAVAILABLE,
    }
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LdapServer:
    """A server that may be called. `is_plain`: without TLS, which is for this machine alone."""

    host: str
    port: int
    scheme: str
    is_plain: bool


@dataclass(frozen=True, slots=True)
class LdapSearch:
    """A search below an entry. `names_only`: entries have the names of attributes alone."""

    base: str
    filter: str
    attributes: tuple[str, ...]
    size: int
    names_only: bool = False


@dataclass(frozen=True, slots=True)
class LdapEntry:
    """An entry, with its attributes as the server spells their names."""

    dn: str
    attributes: Mapping[str, list[bytes]]


@dataclass(frozen=True, slots=True)
class LdapPage:
    """A page of a search; the cookie leads to the next page, and is empty behind the last one."""

    entries: list[LdapEntry]
    cookie: bytes


def is_filter(text: str) -> bool:
    """Whether a text is a search filter (RFC 4515)."""
    try:
        root = parse_filter(text, None, True, True, None, False)  # type: ignore[no-untyped-call]
        compile_filter(root.elements[0])  # type: ignore[no-untyped-call]
    except (LDAPException, LookupError, ValueError, RecursionError):
        return False
    return True


def is_dn(text: str) -> bool:
    """Whether a text is the name of an entry (RFC 4514)."""
    try:
        return bool(parse_dn(text))
    except (LDAPException, LookupError, ValueError):
        return False


class LdapConnection:
    """A connection to one server, made by the first search. Its methods raise SourceError.

    Cookies are of this connection. Referrals are never followed: they lead to hosts that nobody has
    permitted (OWASP, server-side request forgery).
    """

    def __init__(
        self,
        server: LdapServer,
        user: tuple[str, str] | None,
        context: SSLContext,
        answer_seconds: float,
        answer_bytes: int,
    ) -> None:
        self._place = f"{server.host}:{server.port}"
        self._needs_start_tls = server.scheme == "ldap" and not server.is_plain
        self._seconds = answer_seconds
        self._bytes = answer_bytes
        name, password = user or (None, None)
        # the time of an answer is measured in the event loop; this ends a thread that connects
        later = ceil(2 * answer_seconds)
        self._connection = Connection(
            Server(
                server.host,
                server.port,
                use_ssl=server.scheme == "ldaps",
                allowed_referral_hosts=[],
                get_info=NONE,
                tls=_VerifiedTls(context),
                connect_timeout=later,
            ),
            user=name,
            password=password,
            # ldap3 refuses a name without a password, with which a server would take it for a
            # stranger, and call that a success (RFC 4513, 5.1.2)
            authentication=SIMPLE if user else ANONYMOUS,
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            read_only=True,
            receive_timeout=later,
            return_empty_attributes=False,
        )
        self._thread = ThreadPoolExecutor(1, "ldap")
        self._is_given_up = False

    async def search(self, search: LdapSearch, cookie: bytes = b"") -> LdapPage:
        """A page of the entries below the base."""
        return await self._in_time(lambda: self._search(search, cookie))

    async def close(self) -> None:
        """Ends the connection; never fails."""
        if self._is_given_up:
            # the thread ends once its socket notices, and nobody waits for a server without answers
            self._thread.submit(self._unbind)
        else:
            with suppress(SourceError):
                await self._in_time(self._unbind)
        self._thread.shutdown(wait=False)

    async def _in_time(self, act: Callable[[], _T]) -> _T:
        """Calls a function in the thread of the connection, and returns its value in time."""
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.get_running_loop().run_in_executor(self._thread, act)
        except TimeoutError:
            self._give_up()
            limit = round(self._seconds)
            raise SourceError("source-too-slow", is_temporary=True, limit=limit) from None
        except asyncio.CancelledError:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """Wakes the thread: both directions of its socket end, and the thread closes it."""
        self._is_given_up = True
        with suppress(OSError, AttributeError):
            self._connection.socket.shutdown(SHUT_RDWR)

    def _search(self, search: LdapSearch, cookie: bytes) -> LdapPage:
        connection = self._connection
        try:
            if not cookie:
                self._bind()
            self._limit_answer()
            connection.search(
                search.base,
                search.filter,
                SUBTREE,
                DEREF_NEVER,
                search.attributes,
                types_only=search.names_only,
                paged_size=search.size,
                paged_cookie=cookie or None,
            )
            self._require_success(connection.result, search.base)
            return self._page(connection.result, connection.response or [])
        except SourceError:
            raise
        except (LDAPCommunicationError, LDAPStartTLSError, OSError) as error:
            raise self._unreachable(error) from None
        except Exception:  # whatever ldap3 raises for bytes that are no message of LDAP
            raise SourceError("source-not-ldap", host=self._place) from None

    def _bind(self) -> None:
        connection = self._connection
        if connection.bound:
            return
        connection.open(read_server_info=False)
        self._limit_answer()
        if self._needs_start_tls:
            if not connection.start_tls(read_server_info=False):
                raise LDAPStartTLSError
            # TLS replaces the socket by one that has no limit
            self._limit_answer()
        connection.bind(read_server_info=False)
        self._require_success(connection.result, "")

    def _limit_answer(self) -> None:
        """Limits what the socket reads from now on."""
        self._connection.socket = _LimitedSocket(self._connection.socket, self._bytes)

    def _require_success(self, result: Mapping[str, Any], base: str) -> None:
        code = int(result["result"])
        if code == results.RESULT_SUCCESS:
            return
        if code in _REFUSED:
            raise SourceError("source-refused", status=code)
        if code in _BASE_UNKNOWN and base:
            raise SourceError("source-base-unknown", base=base)
        if code == results.RESULT_SIZE_LIMIT_EXCEEDED:
            # the entries that came are only a part, whose absent rest must not be removed
            raise SourceError("source-size-limited")
        raise SourceError("source-answered", is_temporary=code in _TEMPORARY, status=code)

    def _page(self, result: Mapping[str, Any], response: list[Any]) -> LdapPage:
        entries = []
        for each in response:
            if each["type"] == "searchResRef":
                self._require_own(each["uri"])
            elif each["type"] == "searchResEntry":
                attributes = {**each["raw_attributes"]}
                entries.append(LdapEntry(str(each["dn"]), attributes))
        control = result.get("controls", {}).get(_PAGED_RESULTS, {"value": {}})
        return LdapPage(entries, control["value"].get("cookie") or b"")

    def _require_own(self, addresses: list[str]) -> None:
        """Refuses a referral to a part of the tree on another server, without which it is none."""
        for address in addresses:
            host, _, name = address.partition("://")[2].partition("/")
            if not name.casefold().startswith(_FOREST):
                raise SourceError("source-leads-elsewhere", is_temporary=True, host=host)

    def _unreachable(self, error: Exception) -> SourceError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return SourceError("source-certificate-refused", host=self._place)
        return SourceError("source-unreachable", is_temporary=True, host=self._place)

    def _unbind(self) -> None:
        with suppress(Exception):
            self._connection.unbind()
        # ldap3 leaves a socket open whose handshake failed, or whose other end is closed
        with suppress(OSError, AttributeError):
            self._connection.socket.close()


class _LimitedSocket:
    """A socket that reads no more than an answer may have."""

    def __init__(self, wrapped: Any, limit: int) -> None:
        self.wrapped: Any = getattr(wrapped, "wrapped", wrapped)
        self._limit = limit
        self._left = limit

    def recv(self, size: int) -> bytes:
        data: bytes = self.wrapped.recv(size)
        self._left -= len(data)
        if self._left < 0:
            raise SourceError("source-too-large", limit=self._limit)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)


class _VerifiedTls(Tls):
    """TLS with the authorities of all sources; Python compares the name of the host, not ldap3."""

    def __init__(self, context: SSLContext) -> None:
        super().__init__()
        self._context = context

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:
        plain = _LimitedSocket(connection.socket, 0).wrapped
        connection.socket = self._context.wrap_socket(
            plain, do_handshake_on_connect=False, server_hostname=connection.server.host
        )
        # the connection has the socket already, so that a handshake without end can be given up
        connection.socket.do_handshake()
