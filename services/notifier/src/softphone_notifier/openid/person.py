"""Reads from the claims of an ID token who signs in: subject, tenant, role and extensions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from softphone_common.contracts.entities import TENANT_PATTERN, Role
from softphone_common.http.problem import ProblemError
from softphone_notifier.openid_settings import OpenIdSettings

_RANK: tuple[Role, ...] = ("user", "admin", "operator")
_EXTENSIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows. `role` and `extensions` are None if no claim sets them.

    `email_subject` is set if the provider has verified the e-mail address.
    """

    subject: str
    email_subject: str | None
    tenant: str
    login: str
    name: str
    role: Role | None
    extensions: tuple[str, ...] | None


def subject_of(issuer: str, sub: str) -> str:
    """The subject as it is stored with a user: `sub` alone is unique for its issuer only."""
    return f"{issuer} {sub}"


def email_subject_of(tenant: str, email: str) -> str:
    """Stands for the subject of a user whom an administrator has linked by e-mail address."""
    return f"email {tenant} {email.strip().casefold()}"


def email_of(subject: str) -> str | None:
    """The address in what `email_subject_of` has made; None for the subject of a provider."""
    kind, _, rest = subject.partition(" ")
    return rest.partition(" ")[2] if kind == "email" else None


def person_of(claims: Mapping[str, Any], settings: OpenIdSettings) -> Person:
    """The person of these claims. Raises ProblemError if the settings ask for more."""
    tenant = settings.openid_tenant or claim(claims, settings.openid_tenant_claim)
    if not isinstance(tenant, str) or not re.fullmatch(TENANT_PATTERN, tenant):
        raise ProblemError("openid-tenant-missing")
    email = _text(claims.get("email"))
    # anybody may have entered an address that the provider has not verified
    is_verified = bool(email) and claims.get("email_verified") is True
    return Person(
        subject=subject_of(claims["iss"], claims["sub"]),
        email_subject=email_subject_of(tenant, email) if is_verified else None,
        tenant=tenant,
        login=_login(claims, settings),
        name=_text(claims.get("name"))[:100],
        role=_role(claims, settings),
        extensions=_extensions(claims, settings),
    )


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, or, if there is none, the one to which its dots lead."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _login(claims: Mapping[str, Any], settings: OpenIdSettings) -> str:
    named = (claim(claims, settings.openid_login_claim), claims.get("email"), claims["sub"])
    return next(text for value in named if (text := _text(value)))[:100]


def _role(claims: Mapping[str, Any], settings: OpenIdSettings) -> Role | None:
    if not settings.openid_role_claim:
        return None
    values = _texts(claim(claims, settings.openid_role_claim))
    roles = {role for value, role in settings.openid_roles.items() if value in values}
    if roles:
        return max(roles, key=_RANK.index)
    if settings.openid_role_default == "none":
        raise ProblemError("openid-role-missing")
    return settings.openid_role_default


def _extensions(claims: Mapping[str, Any], settings: OpenIdSettings) -> tuple[str, ...] | None:
    if not settings.openid_extensions_claim:
        return None
    value = claim(claims, settings.openid_extensions_claim)
    listed = value.split(",") if isinstance(value, str) else value
    texts = dict.fromkeys(_texts(listed))
    return tuple(text for text in texts if 1 <= len(text) <= 64)[:_EXTENSIONS_MAX]


def _texts(value: Any) -> list[str]:
    """The texts of a claim that is a text or number, or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [_text(str(each)) for each in values if type(each) in {str, int}]


def _text(value: Any) -> str:
    """The text without half characters (such as "\\ud800" in JSON), which cannot be stored."""
    return value.encode(errors="ignore").decode().strip() if isinstance(value, str) else ""
