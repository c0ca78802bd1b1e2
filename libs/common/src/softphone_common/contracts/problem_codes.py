"""The table of every problem an API answers with: its stable code, HTTP status and English text.

Clients act on the code and its parameters. The text is for people who read logs and may be
reworded in any release.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from softphone_common.domain.numbers.profile_error import PROFILE_PROBLEMS, ProfileError

PROBLEMS: Mapping[str, tuple[int, str]] = {
    # any address of any service
    "request-invalid": (422, "The request is not valid; `errors` names the fields"),
    "request-unreadable": (400, "The body of the request cannot be read"),
    "address-unknown": (404, "Nothing has this address"),
    "method-not-allowed": (405, "This address does not take this method"),
    "body-too-large": (413, "The body is over {limit} bytes"),
    "header-too-large": (431, "The head of the request is over {limit} bytes"),
    "http-invalid": (400, "This is not an HTTP request"),
    "request-timeout": (408, "The request was not complete in time"),
    "connections-full": (503, "Too many connections are open"),
    "rate-limit-exceeded": (429, "Too many requests; try again in {seconds} s"),
    "resource-unavailable": (503, "{resource} does not answer; try again shortly"),
    "address-connections-full": (429, "Too many connections of this address are open"),
    "service-unavailable": (503, "This service does not answer now; try again shortly"),
    "service-timeout": (504, "This service did not answer in time; the request may have worked"),
    "internal-error": (500, "An unexpected error; it has been logged"),
    # tokens, roles, sign-in
    "token-missing": (401, "A header `Authorization: Bearer <token>` is needed"),
    "token-invalid": (401, "The token is not valid; sign in again"),
    "token-expired": (401, "The token has expired; renew it or sign in again"),
    "token-outdated": (401, "The user has changed; renew the token or sign in again"),
    "role-required": (403, "The role {role} is needed"),
    "origin-refused": (403, "Pages of another site may not do this"),
    "login-failed": (401, "Tenant, login or password is wrong"),
    "login-session-missing": (401, "You are not signed in"),
    "logins-busy": (503, "Too many sign-ins are under way; try again shortly"),
    "handshakes-full": (429, "Too many sockets have not said hello"),
    # tenants and users
    "tenant-unknown": (404, "There is no such tenant"),
    "tenant-switched-off": (403, "This tenant is not active: an operator has switched it off"),
    "tenant-code-missing": (403, "This tenant is not active: it has no activation code"),
    "tenant-code-expired": (
        403,
        "This tenant is not active: its activation code expired on {date}",
    ),
    "other-tenant-refused": (403, "Only an operator may do this for another tenant"),
    "user-role-refused": (403, "Only an operator may do this to a user with the role {role}"),
    "user-unknown": (404, "There is no such user"),
    "users-full": (409, "A tenant has at most {limit} users"),
    "login-taken": (409, "The login is taken by another user"),
    "seats-full": (
        409,
        "All seats ({seats}) are taken: remove a user, or enter an activation code with more",
    ),
    "seats-without-code": (
        409,
        "Without an activation code a tenant has {seats} seat, and it is taken: enter a code first",
    ),
    # devices and hits
    "device-unknown": (404, "You have no such device"),
    "devices-full": (409, "A tenant has at most {limit} devices"),
    "devices-loading": (503, "The devices are still being read; try again shortly"),
    "device-key-unknown": (404, "No device has this key"),
    "device-key-unreadable": (
        409,
        "The key of this device cannot be shown any more: give it a new one",
    ),
    "device-secret-unreadable": (
        403,
        "The secret of this device cannot be read any more: enter it again",
    ),
    "signature-wrong": (403, "The signature was not made with this device's secret"),
    "hit-unknown": (404, "This device has no such hit"),
    "hit-not-replayable": (409, "The hit was refused for another reason: {reason}"),
    # calls, directory, clean-up
    "call-unknown": (404, "You have no such call"),
    "deleted-call-unknown": (404, "There is no such call in the recycle bin"),
    "record-unknown": (404, "You have no such record"),
    "extension-refused": (403, "You can only dial from an extension of your own"),
    "dial-link-unknown": (404, "You have no dial link of your own"),
    "dead-letter-unknown": (404, "There is no such dead letter"),
    "dead-letter-replayed": (409, "The dead letter was replayed already, or is being replayed"),
    "file-unknown": (404, "There is no such file"),
}
"""Problems of a request as a whole, as `(status, text)`."""

FIELD_PROBLEMS: Mapping[str, str] = {
    **PROFILE_PROBLEMS,
    # fields of requests to the API
    "null-refused": "cannot be null",
    "cursor-invalid": "was not issued by this list",
    "text-too-long": "is longer than {limit} characters",
    "items-too-many": "has more than {limit} items",
    "password-too-short": "has fewer than {limit} characters",
    "record-not-matched": "is not one of this call's matches",
    "number-not-dialable": "cannot be dialled",
    # numbers of a record by which it is not found
    "number-unreadable": "cannot be read as one number with certainty",
    "number-internal": "is an extension: only numbers of the public network find a record",
    "number-service": "is a service number: only numbers of subscribers find a record",
    "number-withheld": "is the text of a withheld number",
    "extension-missing": "is missing: you have no extension of your own",
    "idempotency-key-reused": "was used before for another number or extension",
    "preset-unknown": "{preset} is not a preset",
    "mapping-too-large": "is over {limit} bytes",
    "hit-expired": "is no longer stored",
    "time-zone-unknown": "is not an IANA time zone, such as Europe/Berlin",
    "dial-link-invalid": "must be a link with {{number}} in it, such as tel:{{number}}",
    "url-invalid": "must begin with https://, http:// or /",
    "timestamp-invalid": "must be a date, T, a time and a zone, as in 2026-03-02T09:00:00+01:00",
    "timestamp-out-of-range": "is before the first or after the last moment that can be stored",
    # activation codes
    "activation-unavailable": (
        "cannot be checked: the operator must set SOFTPHONE_ACTIVATION_PUBLIC_KEY"
    ),
    "activation-code-invalid": "is not an activation code",
    "activation-code-unsigned": "is not signed by a key this installation knows",
    "activation-code-misplaced": "is for another tenant, not for {tenant}",
    "activation-code-expired": "expired on {date}",
    "activation-code-outdated": "was issued before the one in force",
    "activation-claim-invalid": "has a claim `{claim}` that is not right: {reason}",
    # what a phone sent, field by field of its mapping
    "missing": "is missing",
    "event-unknown": "'{event}' is not an event this device knows",
    "direction-unknown": "must be inbound or outbound",
    "duration-invalid": "must be whole seconds, at most {limit}",
    "text-expected": "must be a text or a number",
    "base64-invalid": "is not base64",
    "json-invalid": "is not JSON",
    "xml-invalid": "is not XML: {reason}",
    "xml-too-deep": "is nested deeper than {limit}",
    "multipart-invalid": "is not a multipart form",
    "multipart-boundary-missing": (
        "is not a multipart form: its content type has no boundary parameter"
    ),
    "multipart-head-too-large": "has a part whose head is over {limit} bytes",
    "members-too-many": "has more than {limit} members",
    "values-too-many": "is beyond the {limit} values that are looked at",
    "pattern-text-too-long": "is longer than {limit} characters, too long for a pattern",
    "patterns-too-costly": "takes the patterns of this device too long",
    "request-line-invalid": "begins with neither an address nor a line like GET /hit/...",
    "header-line-invalid": "has a line that is not a header: {line}",
    # mappings
    "content-type-refused": "must be one of {types}, with a charset or without",
    "rule-empty": "needs either `from` or `value`",
    "field-name-reserved": "fields.{name}: the name means a place in the request",
    "field-circular": "fields.{name} refers to itself",
    "sources-too-many": "fields: at most {limit} sources",
    "source-unknown": "{where}: {source} is neither a place in a request nor a field",
    "pattern-classes-too-many": "has more than {limit} classes such as \\pL",
    "pattern-invalid": "is not a regular expression RE2 can run: {reason}",
}
"""Problems of one field, all with status 422; the text goes on from the field's name."""

SCHEMA_PROBLEMS: Mapping[str, str] = {
    "extra-forbidden": "is not a field of this request",
    "unexpected-keyword-argument": "is not a field of this request",
    "model-type": "must be a JSON object",
    "model-attributes-type": "must be a JSON object",
    "dataclass-type": "must be a JSON object",
    "dict-type": "must be a JSON object",
    "list-type": "must be a list",
    "tuple-type": "must be a list",
    "too-long": "has more than {max_length} items",
    "string-type": "must be a text",
    "string-unicode": "must be a text of whole characters",
    "string-too-short": "has fewer than {min_length} characters",
    "string-too-long": "has more than {max_length} characters",
    "string-pattern-mismatch": "does not have the form {pattern}",
    "literal-error": "must be {expected}",
    "bool-type": "must be true or false",
    "bool-parsing": "must be true or false",
    "int-type": "must be a whole number",
    "int-parsing": "must be a whole number",
    "int-parsing-size": "must be a shorter number",
    "int-from-float": "must be a whole number",
    "finite-number": "must be a finite number",
    "greater-than-equal": "must be {ge} or more",
    "less-than-equal": "must be {le} or less",
    "datetime-type": "must be a time",
    "datetime-parsing": "must be a time as RFC 3339 writes it",
    "datetime-from-date-parsing": "must be a time as RFC 3339 writes it",
    "datetime-object-invalid": "must be a time that exists",
    "timezone-aware": "must be a time with a zone",
}
"""The codes of pydantic's own checks that a request can meet. `message` is then pydantic's text."""

_PYDANTIC = frozenset(kind.replace("_", "-") for kind in get_args(ErrorType))


def status_of(code: str) -> int:
    """The HTTP status of a code. Raises KeyError for a code that is in no table."""
    if code in PROBLEMS:
        return PROBLEMS[code][0]
    if code not in FIELD_PROBLEMS and code not in _PYDANTIC:
        raise KeyError(code)
    return 422


def text_of(code: str, params: Mapping[str, Any]) -> str:
    """The English text of a code of our own. Raises KeyError for any other code."""
    text = PROBLEMS[code][1] if code in PROBLEMS else FIELD_PROBLEMS[code]
    return text.format_map(params)


def invalid(code: str, **params: Any) -> PydanticCustomError:
    """The error a validator of a pydantic model raises; `errors[]` then carries this code."""
    return PydanticCustomError(code, cast(Any, text_of(code, params)), params or None)


def of_validation(details: ErrorDetails) -> tuple[str, dict[str, Any], str]:
    """Code, parameters and text of one error pydantic found."""
    context = details.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ProfileError):
        return cause.code, cause.params, str(cause)
    params = {name: _plain(value) for name, value in context.items()}
    return details["type"].replace("_", "-"), params, details["msg"]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
