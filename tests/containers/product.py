"""The product as its users reach it: through the gateway's port, with the keys of its secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from containers.project import Project
from softphone_common.contracts.entities import Role, User
from softphone_common.http.auth import TokenIssuer
from softphone_common.process.clock import utc_now
from softphone_common.process.ed25519 import decode_private_key
from softphone_ingest.tenants.activation import issue
from support.tenant.company import Company, company_at
from support.web_client import web_client

SEATS = 1000


class ContainerProduct:
    """An installation behind its gateway."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._tokens = TokenIssuer(decode_private_key(project.secret("token_signing_key")))
        self.client = web_client()

    def address(self, _: str) -> str:
        return self._project.url

    def token(
        self, tenant: str, role: Role = "admin", extensions: tuple[str, ...] = (), user: str = ""
    ) -> str:
        somebody = User(
            id=user or uuid4().hex, tenant=tenant, login=role, role=role, extensions=extensions
        )
        return self._tokens.issue(somebody, timedelta(minutes=10))[0]

    def activation_code(self, tenant: str) -> str:
        key = decode_private_key((self._project.activation / "activation_private_key").read_text())
        return issue(key, tenant, SEATS, utc_now(), utc_now() + timedelta(days=365))


@asynccontextmanager
async def company_in(project: Project) -> AsyncIterator[Company]:
    """A new company in this installation."""
    product = ContainerProduct(project)
    async with company_at(product, product.activation_code) as company:
        yield company
