"""The settings of sign-in with OpenID Connect. Without an issuer there is none."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from softphone_common.contracts.entities import Role, TenantId
from softphone_common.process.settings import PREFIX, Settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The hosts that may be called without TLS: nobody can listen between a machine and itself."""


def is_callable(url: str) -> bool:
    """Whether the address is one of https, or of http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _issuer(url: str) -> str:
    if not is_callable(url) or urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("is not an https address without a query")
    return url


class OpenIdSettings(Settings):
    """One provider for the whole installation. Claims are those of its ID tokens."""

    openid_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None,
        description="Address of an OpenID Connect provider, exactly as its ID tokens name the"
        " issuer. With it the page offers to sign in there; http is allowed on this machine only.",
    )
    openid_client_id: str = Field(
        "", description="The client id that the provider has given this installation."
    )
    openid_client_secret: SecretStr | None = Field(
        None,
        description="The client secret of SOFTPHONE_OPENID_CLIENT_ID; none for a public client.",
    )
    openid_scopes: str = Field(
        "openid profile email", description="Scopes to ask the provider for, separated by blanks."
    )
    openid_seconds: float = Field(
        10, gt=0, description="Seconds in which each answer of the provider has to be complete."
    )
    openid_name: str = Field(
        "OpenID Connect",
        min_length=1,
        max_length=40,
        description="Name of the provider on the button of the sign-in page.",
    )
    openid_tenant: TenantId | None = Field(
        None, description="The tenant of all users who sign in at the provider."
    )
    openid_tenant_claim: str = Field(
        "",
        description="Claim with the tenant of a user, in place of SOFTPHONE_OPENID_TENANT. Dots"
        " lead into nested claims.",
    )
    openid_create_users: bool = Field(
        False,
        description="Whether a user whom nobody has added is created at the first sign-in at the"
        " provider, if the tenant has a free seat.",
    )
    openid_login_claim: str = Field(
        "preferred_username", description="Claim with the login of a user who is created."
    )
    openid_role_claim: str = Field(
        "",
        description="Claim with a text or a list of texts, for example groups, from which"
        " SOFTPHONE_OPENID_ROLES makes the role of a user at each sign-in. Without it"
        " administrators set the roles. Dots lead into nested claims.",
    )
    openid_roles: dict[str, Role] = Field(
        default_factory=dict,
        description="The role for each value of SOFTPHONE_OPENID_ROLE_CLAIM, as a JSON object such"
        ' as {"telephony-admins": "admin"}; of several roles the highest counts. Nobody becomes an'
        " operator unless a value is named for that role.",
    )
    openid_role_default: Literal["user", "admin", "none"] = Field(
        "user",
        description="Role of users who have none of the values in SOFTPHONE_OPENID_ROLES; `none`"
        " refuses their sign-in. Also the role of users who are created without a role claim.",
    )
    openid_extensions_claim: str = Field(
        "",
        description="Claim with the extensions of a user, a list or a text with commas, that"
        " replaces the extensions at each sign-in. Without it administrators set the extensions.",
    )

    @field_validator("openid_tenant_claim")
    @classmethod
    def _require_complete(cls, claim: str, others: ValidationInfo) -> str:
        values = others.data
        if not values.get("openid_issuer"):
            return claim
        if not values.get("openid_client_id"):
            raise ValueError(f"{PREFIX}OPENID_CLIENT_ID is missing")
        # a user of two tenants would depend on the order in which somebody reads the settings
        if bool(claim) == bool(values.get("openid_tenant")):
            raise ValueError(f"set either this or {PREFIX}OPENID_TENANT")
        return claim

    @field_validator("openid_scopes")
    @classmethod
    def _require_openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("must have openid, without which there is no ID token")
        return scopes
