"""A real OpenID Connect provider as a process, and the front through which everybody reaches it."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from softphone_testing.servers.child import Child, ProgramMissingError
from softphone_testing.servers.ports import HOST, free_port
from support.openid.front import Front
from support.product import Json

FOLDER = Path(__file__).parent
CLIENT, PUBLIC_CLIENT = "softphone", "softphone-public"
SECRET = "a secret of+the client: with/reserved characters"
CLAIMS = ["name", "preferred_username", "groups", "company", "phone"]


def new_keys(generation: int) -> list[Json]:
    """A private key for each kind of signature, with ids of this generation."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    pairs: list[tuple[str, str, Any]] = [
        ("rsa", "RS256", RSAAlgorithm.to_jwk(rsa_key)),
        ("ec", "ES256", ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()))),
        ("ed", "EdDSA", OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate())),
    ]
    keys = []
    for name, algorithm, text in pairs:
        fields = {name: value for name, value in json.loads(text).items() if name != "key_ops"}
        keys.append({**fields, "kid": f"{name}-{generation}", "alg": algorithm, "use": "sig"})
    return keys


class RealProvider:
    """oidc-provider with accounts that the test writes, restarted to change its keys."""

    def __init__(self, folder: Path, front: Front, inner_port: int) -> None:
        self.front = front
        self.issuer = front.url
        self.accounts: dict[str, Json] = {}
        self.redirects: list[str] = []
        self.algorithm = "RS256"
        self.keys = new_keys(1)
        self._generation = 1
        self._port = inner_port
        self._file = folder / "provider.json"
        self._child = self._new_child(folder)

    def _new_child(self, folder: Path) -> Child:
        node = shutil.which("node")
        if node is None or not (FOLDER / "node_modules" / "oidc-provider").exists():
            raise ProgramMissingError("oidc-provider is not here; run deploy/install test")
        command = [node, str(FOLDER / "provider.js"), str(self._file)]
        return Child("oidc-provider", command, folder=folder, env={"PATH": environ["PATH"]})

    def add(self, sub: str, **claims: Any) -> None:
        """Adds an account or replaces its claims. Its password is whatever somebody types."""
        self.accounts[sub] = claims
        self._write()

    def _write(self) -> None:
        client = {
            "redirect_uris": self.redirects,
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": self.algorithm,
        }
        clients = [
            {**client, "client_id": CLIENT, "client_secret": SECRET},
            {**client, "client_id": PUBLIC_CLIENT, "token_endpoint_auth_method": "none"},
        ]
        configuration = {
            "issuer": self.issuer,
            "port": self._port,
            "jwks": {"keys": self.keys},
            "clients": clients,
            "claims": CLAIMS,
            "algorithms": ["RS256", "ES256", "EdDSA"],
            "accounts": self.accounts,
        }
        self._file.write_text(json.dumps(configuration))

    async def start(self) -> None:
        self._write()
        await self._child.start()
        await self._child.wait_answers(f"{self.issuer}/.well-known/openid-configuration", 60)

    async def rotate(self) -> None:
        """Starts again with other keys, as after the withdrawal of the old ones."""
        self._generation += 1
        self.keys = new_keys(self._generation)
        await self.restart()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def pause(self) -> None:
        """Takes requests and answers none."""
        self._child.pause()

    def resume(self) -> None:
        self._child.resume()

    async def stop(self) -> None:
        await self._child.stop(2)


@asynccontextmanager
async def real_provider(folder: Path, host: str = HOST) -> AsyncIterator[RealProvider]:
    """A provider that is not started yet, behind a front that is, under this name."""
    inner = free_port()
    front = Front(f"http://{HOST}:{inner}", host)
    await front.start()
    provider = RealProvider(folder, front, inner)
    try:
        yield provider
    finally:
        await provider.stop()
        await front.stop()
