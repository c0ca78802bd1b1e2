"""Creates the demo tenant over the HTTP API, once, and stores its logins and keys in a file."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from softphone_common.contracts.entities import User
from softphone_common.http.auth import TokenIssuer
from softphone_common.process.clock import utc_now
from softphone_common.process.ed25519 import PrivateKey
from softphone_ingest.tenants.activation import issue

TENANT = "demo"
CALLER = "08999998001"
_SEATS = 25
_YEARS = timedelta(days=3650)

_PEOPLE: tuple[tuple[str, str, str, str], ...] = (
    ("anna", "Anna Albrecht", "user", "21"),
    ("bernd", "Bernd Brandt", "user", "22"),
    ("admin", "Clara Conrad", "admin", "20"),
    ("operator", "Otto Ohm", "operator", "90"),
)
_RECORDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "contact",
        "Huber, Maria",
        "089 / 99998-001",
        {
            "organization": "Huber Maschinenbau GmbH",
            "emails": ["maria.huber@huber.example"],
            "note": "Einkauf. Nachmittags gut zu erreichen.",
        },
    ),
    (
        "organization",
        "Huber Maschinenbau GmbH",
        "+49 89 99998001",
        {"emails": ["zentrale@huber.example"], "note": "Wartungsvertrag bis Ende 2027"},
    ),
    ("lead", "Messekontakt Huber", "0049 89 99998001", {}),
    ("partner", "Huber & Partner Vertrieb", "(089) 99998 001", {}),
    (
        "supplier",
        "Huber Feinblech KG",
        "+49 (0)89 99998001",
        {"emails": ["lager@feinblech.example"]},
    ),
    (
        "contact",
        "Yılmaz, Deniz",
        "030 23125001",
        {"organization": "Hanse Logistik AG", "emails": ["deniz@hanse.example"]},
    ),
    ("organization", "Hanse Logistik AG", "040 66969001", {}),
    ("lead", "Keller, Jonas", "0171 3920001", {}),
)


@dataclass(frozen=True)
class Demo:
    """The demo tenant. `facts` is the file that scripts read; `key` signs the activation code."""

    url: str
    issuer: TokenIssuer
    facts: Path
    key: PrivateKey

    async def ensure(self) -> dict[str, Any]:
        """Creates the tenant unless the file exists, and returns the content of the file."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            client.headers["Authorization"] = f"Bearer {self._operator_token()}"
            if self.facts.exists():
                await self._activate(client)
                facts: dict[str, Any] = json.loads(self.facts.read_text())
                return self._store({**facts, "url": self.url})
            await _request(client, "PUT", f"/api/tenants/{TENANT}", {"name": "Demo GmbH"})
            await self._activate(client)
            users = await self._people(client)
            if not (await _request(client, "GET", "/api/directory/records"))["items"]:
                for kind, name, number, details in _RECORDS:
                    record = {"type": kind, "name": name, "numbers": [{"number": number}]}
                    record |= details
                    await _request(client, "POST", "/api/directory/records", record)
            device = await _request(client, "POST", "/api/devices", {"name": "Demo-Telefon"})
            return self._store(
                {
                    "url": self.url,
                    "tenant": TENANT,
                    "users": users,
                    "device": {"key": device["key"], "extension": users[0]["extension"]},
                    "caller": CALLER,
                }
            )

    async def _activate(self, client: httpx.AsyncClient) -> None:
        """Activates the tenant unless it has a valid code."""
        now = utc_now()
        if (await _request(client, "GET", "/api/tenant"))["state"] in {"no-code", "expired"}:
            code = issue(self.key, TENANT, _SEATS, now, now + _YEARS)
            await _request(client, "PUT", "/api/tenant/activation", {"code": code})

    async def _people(self, client: httpx.AsyncClient) -> list[dict[str, str]]:
        """Creates the users, or gives existing ones new passwords, since the file was lost."""
        existing = {
            u["login"]: u["id"] for u in (await _request(client, "GET", "/api/users"))["items"]
        }
        users = []
        for login, name, role, extension in _PEOPLE:
            password = _password()
            fields = {"name": name, "role": role, "extensions": [extension], "password": password}
            if login in existing:
                await _request(client, "PATCH", f"/api/users/{existing[login]}", fields)
            else:
                await _request(client, "POST", "/api/users", {"login": login, **fields})
            users.append(
                {"login": login, "password": password, "extension": extension, "role": role}
            )
        return users

    # Replaced in one step, because scripts wait for the file and read it as soon as it is there.
    def _store(self, facts: dict[str, Any]) -> dict[str, Any]:
        fresh = self.facts.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        fresh.replace(self.facts)
        return facts

    def _operator_token(self) -> str:
        onebox = User(id="onebox", tenant=TENANT, login="onebox", role="operator")
        return self.issuer.issue(onebox, timedelta(minutes=5))[0]


def _password() -> str:
    """Twelve letters and digits without those that look alike, such as l and 1."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))


async def _request(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    response = await client.request(method, path, json=body)
    response.raise_for_status()
    content: dict[str, Any] = response.json()
    return content


def greeting(facts: dict[str, Any]) -> str:
    """The text for the terminal: the address, the logins, and three commands to paste."""
    people = [
        f"    {u['login']:<10} {u['password']:<14} extension {u['extension']:<4} {u['role']}"
        for u in facts["users"]
    ]
    base = f"{facts['url']}/hit/{facts['device']['key']}"
    query = f"extension={facts['device']['extension']}&number={facts['caller']}&call_id=demo-1"
    hits = [f"    curl '{base}/{event}?{query}'" for event in ("ringing", "connected", "ended")]
    return "\n".join(
        [
            "",
            f"  Softphone Connector runs on {facts['url']}",
            "",
            f"  Sign in there; the tenant is `{facts['tenant']}`:",
            *people,
            "",
            f"  Then let the demo phone ring, answer and hang up at extension"
            f" {facts['device']['extension']}:",
            *hits,
            "",
            "  For another call change demo-1 to demo-2. Ctrl-C stops everything.",
            "",
        ]
    )
