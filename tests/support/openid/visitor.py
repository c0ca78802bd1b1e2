"""A browser with cookies that signs in at the provider, step by step, by HTTP."""

import re
from html import unescape
from uuid import uuid4

import httpx

from support.product import Json
from support.web_client import web_client

CALLBACK = "/api/session/openid/callback"
FROM_PAGE = {"Sec-Fetch-Site": "same-origin"}
FROM_ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
STEPS_MAX = 20
_ACTION = re.compile(r'<form[^>]* action="([^"]+)"')


class Visitor:
    """One browser profile. Cookies of the connector and of the provider are in one jar."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sub = f"v-{uuid4().hex[:12]}"
        """An account that no other visitor has, if the test adds it at the provider."""
        self.client = web_client(url)

    @property
    def session_cookie(self) -> str | None:
        return next(
            (c.value for c in self.client.cookies.jar if c.name == "softphone_session"), None
        )

    async def start(self) -> httpx.Response:
        """The answer to a click on the button."""
        return await self.client.get("/api/session/openid/start", headers=FROM_PAGE)

    async def way_back(self, login: str = "") -> str:
        """Signs in at the provider, and returns the address that leads back, not opened yet."""
        answer = await self.start()
        assert answer.status_code == 303, answer.text
        for _ in range(STEPS_MAX):
            if answer.is_redirect:
                to = str(answer.next_request.url) if answer.next_request else ""
                if to.startswith(f"{self.url}{CALLBACK}"):
                    return to
                assert not to.startswith(self.url), to
                answer = await self.client.get(to)
                continue
            assert answer.status_code == 200, answer.text
            action = _ACTION.search(answer.text)
            assert action is not None, answer.text
            prompt = "login" if 'name="login"' in answer.text else "consent"
            form = {"prompt": prompt, "login": login or self.sub, "password": "any"}
            answer = await self.client.post(unescape(action[1]), data=form)
        raise AssertionError("the provider leads nowhere")

    async def open(self, way_back: str) -> httpx.Response:
        """The answer of the connector to the way back."""
        return await self.client.get(way_back, headers=FROM_ELSEWHERE)

    async def sign_in(self, login: str = "") -> str:
        """Goes the whole way, and returns the code of the problem; empty after a success."""
        return outcome(await self.open(await self.way_back(login)))

    async def renew(self) -> httpx.Response:
        """Renews the session of the cookie, as the page does first."""
        return await self.client.post("/api/session/renew", headers=FROM_PAGE)

    async def session(self) -> Json:
        """The answer to a renewal, which must succeed."""
        answer = await self.renew()
        assert answer.status_code == 201, answer.text
        body: Json = answer.json()
        return body


def outcome(answer: httpx.Response) -> str:
    """The code in the way to the page; empty if the browser is signed in."""
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    assert location.startswith("/#/signed-in"), location
    return str(location).removeprefix("/#/signed-in").removeprefix("/")
