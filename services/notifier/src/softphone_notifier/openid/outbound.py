"""Requests to the provider: limited in size and time, and over TLS except on this machine."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from softphone_common.process.errors import UnavailableError
from softphone_notifier.openid_settings import LOOPBACK, is_callable

RESOURCE = "the OpenID provider"
ANSWER_BYTES = 262_144
_FAILURES = (httpx.HTTPError, httpx.InvalidURL)


class Outbound:
    """Calls addresses that the provider's own document names. No redirect is followed."""

    def __init__(self, answer_seconds: float) -> None:
        self._answer_seconds = answer_seconds
        # made once: it reads the certificates of all authorities
        self._context = httpx.create_ssl_context()

    async def get(self, url: str) -> dict[str, Any]:
        """The JSON object at the address. Raises UnavailableError for any other answer."""
        status, body = await self._send("GET", url)
        if status != 200:
            raise UnavailableError(RESOURCE, f"answered {status}")
        return body

    async def post(
        self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of the answer. Raises UnavailableError if there is none."""
        status, body = await self._send("POST", url, form, auth)
        if status >= 500 or status == 429:
            raise UnavailableError(RESOURCE, f"answered {status}")
        return status, body

    async def _send(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        if not is_callable(url):
            raise UnavailableError(RESOURCE, "names an address without TLS")
        try:
            async with asyncio.timeout(self._answer_seconds):
                status, text = await self._answer(method, url, form, auth)
            body = json.loads(text)
        except (*_FAILURES, TimeoutError, ValueError, RecursionError) as error:
            raise UnavailableError(RESOURCE, type(error).__name__) from error
        if not isinstance(body, dict):
            raise UnavailableError(RESOURCE, "answered no JSON object")
        return status, body

    async def _answer(
        self, method: str, url: str, form: Mapping[str, str] | None, auth: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        # a proxy of the environment does not reach this machine's own addresses
        beyond = httpx.URL(url).host not in LOOPBACK
        # nothing is unpacked, so that a small answer cannot become a large one
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        body = bytearray()
        async with (
            # the whole answer has a time, not each part of it
            httpx.AsyncClient(verify=self._context, trust_env=beyond, timeout=None) as client,  # noqa: S113
            client.stream(method, url, data=form, auth=auth, headers=headers) as answer,
        ):
            async for part in answer.aiter_raw():
                body += part
                if len(body) > ANSWER_BYTES:
                    raise ValueError("too large")
        return answer.status_code, bytes(body)
