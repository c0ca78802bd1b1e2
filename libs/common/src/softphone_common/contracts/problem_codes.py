"""The table of every problem an API answers with: its stable code, HTTP status and English text.

Clients act on the code and its parameters. The text is for people who read logs and may be
reworded in any release.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from softphone_common.domain.number_doubts import NUMBER_DOUBTS
from softphone_common.domain.numbers.profile_error import PROFILE_PROBLEMS, ProfileError

PROBLEMS: Mapping[str, tuple[int, str]] = {
    # any address of any service
    "request-invalid": (422, "The request is not valid; `errors` names the fields"),
    "request-unreadable": (400, "The body of the request cannot be read"),
    "address-unknown": (404, "Nothing has this address"),
    "method-not-allowed": (405, "This address does not take this method"),
    "body-too-large": (413, "The body is over {limit} bytes"),
    "header-too-large": (431, "The head of the request is over {limit} bytes"),
    "request-too-large": (
        413,
        "The request has over {limit} bytes, with the frames of its chunks and its trailers",
    ),
    "http-invalid": (400, "This is not an HTTP request"),
    "trailer-refused": (400, "Headers behind a chunked body (trailers) are not accepted"),
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
    "login-revoked": (401, "The sign-in was revoked or the user removed"),
    "session-reused": (
        401,
        "An old cookie of this session was used again, so the session was ended; sign in again",
    ),
    "session-rotated": (409, "The session has just got another cookie; try again with that one"),
    "session-unknown": (404, "You have no such session"),
    "session-ended": (401, "The session of the token has ended; sign in again"),
    "role-required": (403, "The role {role} is needed"),
    "api-key-invalid": (401, "The API key does not exist, or it was removed"),
    "api-key-expired": (401, "The API key has expired; an administrator can make another one"),
    "api-key-refused": (403, "API keys may not do this: sign in as a user"),
    "api-key-unknown": (404, "There is no such API key"),
    "api-keys-full": (409, "The tenant has {limit} API keys already; remove one first"),
    "api-key-expiry-past": (422, "The expiry must be in the future"),
    "api-key-scopes-missing": (422, "At least one scope is needed"),
    "api-key-lookup-alone": (
        422,
        "The scope lookup goes with no other: its key stands in addresses and in logs of phones."
        " Make a second key for the other scopes",
    ),
    "lookup-key-required": (
        403,
        "Only an API key whose one scope is lookup may stand in an address: make one, and remove"
        " this key, since addresses are logged",
    ),
    "scope-required": (403, "The API key needs the scope {scope}"),
    "host-not-allowed": (
        421,
        "This installation is not called {host}; SOFTPHONE_ALLOWED_HOSTS lists its names",
    ),
    "origin-refused": (403, "Pages of another site may not do this"),
    "login-failed": (401, "Tenant, login or password is wrong"),
    "second-factor-required": (401, "A code of the second factor is needed: send it as `code`"),
    "second-factor-wrong": (401, "The code is wrong, has expired, or was used before"),
    "second-factor-unavailable": (
        409,
        "The operator must set SOFTPHONE_SECOND_FACTOR_KEYS before a second factor can be added",
    ),
    "second-factor-exists": (409, "There is a second factor already: remove it first"),
    "second-factor-not-begun": (404, "No second factor waits for its first code: enrol first"),
    "second-factor-unknown": (404, "There is no second factor"),
    "login-session-missing": (401, "You are not signed in"),
    # sign-in at an OpenID Connect provider; most are shown on the page, behind a redirect
    "openid-unconfigured": (
        404,
        "This installation has no OpenID Connect provider: the operator sets"
        " SOFTPHONE_OPENID_ISSUER",
    ),
    "openid-unavailable": (503, "The OpenID Connect provider does not answer; try again shortly"),
    "openid-expired": (
        401,
        "This browser has not begun this sign-in, or it was answered or began too long ago",
    ),
    "openid-refused": (401, "The provider has refused the sign-in, or it was cancelled there"),
    "openid-token-invalid": (401, "The ID token of the provider is not for this sign-in"),
    "openid-tenant-missing": (403, "The provider does not say which tenant this person belongs to"),
    "openid-tenant-wrong": (403, "The provider names another tenant than that of the user"),
    "openid-role-missing": (403, "The provider gives this person no role in this installation"),
    "openid-user-unknown": (403, "No user is linked to this person at the provider"),
    "openid-user-removed": (403, "The user of this person was removed"),
    "openid-login-taken": (
        409,
        "Another user has the login of this person: an administrator has to link them",
    ),
    "openid-subject-taken": (409, "Another user is linked to this person at the provider"),
    "openid-link-unknown": (404, "The user is linked to nobody at the provider"),
    "logins-busy": (503, "Too many sign-ins are under way; try again shortly"),
    "handshakes-full": (429, "Too many sockets have not said hello"),
    "setup-unavailable": (
        403,
        "No setup code is configured: set SOFTPHONE_SETUP_CODE, or SOFTPHONE_OPERATOR_PASSWORD",
    ),
    "setup-code-wrong": (403, "This is not the setup code of the installation"),
    "setup-done": (409, "The installation has been set up: sign in as the operator"),
    # tenants and users
    "tenant-unknown": (404, "There is no such tenant"),
    "tenant-exists": (412, "There is another tenant with this id: choose another id"),
    "tenant-changed": (
        412,
        "Somebody else has changed the tenant meanwhile: read it again, and repeat the change",
    ),
    "tenant-switched-off": (403, "This tenant is not active: an operator has switched it off"),
    "tenant-code-missing": (403, "This tenant is not active: it has no activation code"),
    "tenant-code-expired": (
        403,
        "This tenant is not active: its activation code expired on {date}",
    ),
    "other-tenant-refused": (403, "Only an operator may do this for another tenant"),
    "user-role-refused": (403, "Only an operator may do this to a user with the role {role}"),
    "user-unknown": (404, "There is no such user"),
    "user-locked": (403, "An administrator has locked this user"),
    "own-extensions-refused": (403, "Your company lets only administrators change extensions"),
    "own-user-refused": (403, "You cannot lock yourself: another administrator has to do this"),
    "invitation-unknown": (
        404,
        "This link was used, replaced by another one, or has expired: ask for a new one",
    ),
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
    "comments-full": (409, "A call has at most {limit} comments"),
    "comment-unknown": (404, "The call has no such comment"),
    "deleted-comment-unknown": (404, "There is no such comment in the recycle bin"),
    "comment-of-another": (403, "Only its author and administrators may change a comment"),
    "comment-versions-full": (409, "A comment can be changed at most {limit} times"),
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
    "device-secret-unused": (
        422,
        "The mapping of this device verifies no secret: choose a preset or a mapping with `verify`,"
        " or remove the secret",
    ),
    "signature-wrong": (403, "The signature was not made with this device's secret"),
    "hit-head-broken": (
        400,
        "The head of this request breaks HTTP: only its first line could be read. Each header"
        " must be a name, a colon and a value in a line of its own",
    ),
    "hit-line-broken": (
        400,
        "Line {line} of this request breaks HTTP: only its first line could be read. A header must"
        " be a name without blanks, a colon and a value without control characters, and"
        " Content-Length one number",
    ),
    "request-incomplete": (
        400,
        "The sender ended the connection before its request was complete: the body must have as"
        " many bytes as Content-Length",
    ),
    "hit-unknown": (404, "This device has no such hit"),
    "hit-not-replayable": (409, "The hit was refused for another reason: {reason}"),
    "test-call-signed": (409, "This device's requests are signed, which only the sender can do"),
    "test-call-unknown": (409, "This preset has no request for a test call"),
    "test-call-extension": (422, "Is needed, since the device has no fixed extension"),
    # calls, directory, clean-up
    "call-unknown": (404, "You have no such call"),
    "deleted-call-unknown": (404, "There is no such call in the recycle bin"),
    "record-unknown": (404, "You have no such record"),
    "deleted-record-unknown": (404, "There is no such record in the recycle bin"),
    "import-unknown": (404, "You have no such import"),
    "directory-source-unknown": (404, "You have no such source"),
    "directory-source-exists": (409, "You have a source called {name} already"),
    "directory-sources-full": (409, "You have {limit} sources, and more are not possible"),
    "directory-source-running": (409, "The source is being read or imported already"),
    "import-ended": (409, "The import has ended already"),
    "import-not-held": (409, "The import waits for no confirmation"),
    "import-superseded": (
        409,
        "A later file of the source was imported since: import the complete file again",
    ),
    "imports-full": (
        409,
        "{limit} imports wait or run already: wait for one of them, or cancel it",
    ),
    "record-merged-with-itself": (422, "A record can't be merged with itself"),
    "record-changed": (412, "Somebody else has changed the record; read it again first"),
    "extension-refused": (403, "You can only dial from an extension of your own"),
    "dial-link-refused": (
        422,
        "Dial links may not open {target}; for web addresses an operator names the host in"
        " SOFTPHONE_DIAL_HOSTS",
    ),
    "dial-link-unknown": (404, "You have no dial link of your own"),
    "dead-letter-unknown": (404, "There is no such dead letter"),
    "dead-letter-replayed": (409, "The dead letter was replayed already, or is being replayed"),
    "file-unknown": (404, "There is no such file"),
}
"""Problems of a request as a whole, as `(status, text)`."""

FIELD_PROBLEMS: Mapping[str, str] = {
    **PROFILE_PROBLEMS,
    **NUMBER_DOUBTS,
    # fields of requests to the API
    "null-refused": "cannot be null",
    "parameter-unknown": "is not a parameter of this address",
    "parameter-repeated": "is given more than once, and takes one value",
    "openid-link-invalid": "or `email` is needed, and only one of them",
    "cursor-invalid": "was not issued by this list",
    "search-too-short": "needs a word of two letters, or three digits of a number",
    "text-too-long": "is longer than {limit} characters",
    "items-too-many": "has more than {limit} items",
    "password-wrong": "is not your password",
    "password-unchanged": "is the current password: choose another one",
    "password-too-short": "has fewer than {limit} characters",
    "record-not-matched": "is not one of this call's matches",
    "number-not-dialable": (
        "cannot be read as one number with certainty: it needs its area code, or a plus and its"
        " country code, and nothing else"
    ),
    # numbers of a record by which it is not found
    "number-unreadable": "cannot be read as one number with certainty",
    "number-internal": "is an extension: only numbers of the public network find a record",
    "number-service": "is a service number: only numbers of subscribers find a record",
    "number-withheld": "is the text of a withheld number",
    "number-own": "is a number of the company itself, which finds no record",
    "number-ignored": "is ignored by the company, so it finds no record",
    # files of contacts, their rows and cards
    "file-empty": "is empty",
    "file-too-large": "is over {limit} bytes when it is unpacked",
    "file-kind-unknown": "is neither CSV nor XLSX nor vCard",
    "file-encrypted": "has a password, or is a workbook of Excel before 2007",
    "file-damaged": "is damaged: {reason}",
    "columns-too-many": "has more than {limit} columns",
    "column-unknown": "has no column {column}",
    "sheet-unknown": "is none of the sheets: {names}",
    "encoding-unknown": "is none of {names}",
    "import-file-missing": "is no longer stored: it was not worked off in time",
    "import-empty": "has no row that could be saved, so nothing was removed",
    "import-rows-rejected": (
        "has {rows} rows that were not saved and have no known id. They may be among the {absent}"
        " records that it lacks"
    ),
    "import-absent-many": "lacks {absent} of the {records} records of its source",
    "import-removal-superseded": (
        "removed nothing, since a later file of its source was imported before it was confirmed"
    ),
    "import-removal-forgotten": (
        "removed nothing, since it was not confirmed while others were held as well"
    ),
    "import-of-another-release": "was written by another release, so only some of it can be read",
    "import-interrupted": "ended the service several times, and was given up",
    # sources that are read by schedule
    "schedule-doubled": "has an interval and a time of the day, and only one of them counts",
    "source-parameter-missing": "needs the name of the parameter that counts pages or records",
    "source-header-invalid": "needs the name of a header field, which may not be one of the"
    " connection",
    "source-credentials-unfit": "is no way in which the secret of a source of the kind {kind} is"
    " sent",
    "source-address-not-ldap": "is no address such as ldaps://ldap.example.com or"
    " ldap://ldap.example.com:389",
    "source-base-invalid": "is no name of an entry, such as ou=people,dc=example,dc=com",
    "source-filter-invalid": "is no filter in parentheses, such as (objectClass=person)",
    "source-password-missing": "is needed with a name: a directory would answer a name without a"
    " password like a stranger",
    "source-id-missing": "has no path for `host_id`, by which the next run finds each record again",
    "source-secret-needed": "needs its secret, which is stored for no other server",
    "source-keys-missing": "cannot be kept: the operator must set SOFTPHONE_SOURCE_KEYS first",
    "source-secret-unreadable": "has a secret that cannot be decrypted any more: enter it again",
    "source-address-invalid": "is no address with https:// and without a password",
    "source-host-forbidden": "is on {host}, which the operator has to permit first, in"
    " SOFTPHONE_SOURCE_HOSTS",
    "source-leads-elsewhere": "leads to {host}, which is another host than that of the source",
    "source-unreachable": "cannot be reached: {host} does not answer",
    "source-certificate-refused": "is on {host}, whose certificate is not valid for it",
    "source-too-slow": "did not answer completely within {limit} s",
    "source-refused": "refused the name or the secret with status {status}",
    "source-answered": "answered with status {status}",
    "source-too-large": "answered with more than {limit} bytes",
    "source-not-json": "answered with something that is not JSON",
    "source-items-missing": "answered without a list at {path}",
    "source-not-carddav": "answered with something that is no address book (CardDAV)",
    "source-address-book-missing": "has no address book for this user",
    "source-address-books": "has several address books; enter the address of one of them:"
    " {addresses}",
    "source-cards-missing": "did not answer with all of the cards that it lists",
    "source-pages-endless": "answered with the same page twice, so its paging has no end",
    "source-pages-too-many": "has more than {limit} pages",
    "source-empty": "answered with no record, so nothing was changed",
    "source-user-missing": "of the kind vtiger needs the credentials `basic`: the name of a user,"
    " and the access key as the secret",
    "source-field-unread": "is a field that sources of the kind {kind} do not read",
    "source-mapping-missing": "needs a mapping, which says where the fields of a record are",
    "source-answer-unknown": "answered in a form that the connector does not know",
    "source-login-refused": "refused the user or the access key: {reason}",
    "source-operation-refused": "refused to answer the request {operation}: {reason}",
    "source-modules-missing": "shows its user none of the modules {modules}",
    "source-module-missing": "does not show its user the module {module}, so nothing was changed",
    "source-not-ldap": "answered with something that is not LDAP: {host} is another server",
    "source-base-unknown": "has no entry {base}, or this user must not see the entry",
    "source-size-limited": "has more entries than its server gives this user (sizeLimitExceeded),"
    " so nothing was changed",
    "source-entries-without-id": "answered with entries that all lack {column}, by which the next"
    " run finds a record again, so nothing was changed",
    "source-interrupted": "ended the connection each time before all pages were read",
    "source-removed": "was removed while it was read",
    "source-changed": "was changed while it was read",
    "row-too-long": "has texts in more cells than the header has",
    "row-too-short": "has fewer cells than the header has",
    "rows-too-many": "is over the limit of {limit} rows, as are all rows behind it",
    "quotes-damaged": "has a quotation mark too many, or none at the end of a text",
    "cell-unreadable": "has a damaged cell",
    "card-unended": "has no end",
    "card-too-large": "is too large",
    "card-outside": "is not within a card",
    "card-is-group": "is the card of a group",
    "line-unreadable": "has a line without a colon, or an item without any of the fields",
    "name-missing": "is missing, and so is the organisation",
    "number-rounded": "has lost digits in a spreadsheet",
    "number-computed": "was computed as a formula",
    "number-zero-lost": "may have lost the zero in front of it in a spreadsheet",
    "formula-error": "is the error of a formula",
    "text-damaged": "has characters that are broken",
    "email-invalid": "is not an e-mail address",
    "type-unknown": "is no type of record",
    "flag-unreadable": "is neither yes nor no",
    "host-id-repeated": "is the id of an earlier row, too",
    "host-id-missing": "is missing, so the next run of the source would not find the record",
    "extension-missing": "is missing: you have no extension of your own",
    "idempotency-key-reused": "was used before for another number or extension",
    "preset-unknown": "{preset} is not a preset",
    "mapping-too-large": "is over {limit} bytes",
    "hit-expired": "is no longer stored",
    "time-not-close": "is more than {seconds} s from the moment of arrival, and was not used",
    "time-zone-unknown": "is not an IANA time zone, such as Europe/Berlin",
    "dial-link-invalid": "must be a link with one {{number}} in it, such as tel:{{number}}",
    "url-invalid": "must begin with https://, http:// or a single /",
    "record-url-invalid": (
        "must be an http or https address without blanks and passwords, with no braces but those of"
        " {placeholders} behind its host"
    ),
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
    "duration-invalid": "must be seconds, h:mm:ss, 41s or PT41S, at most {limit} seconds",
    "hit-probe": "is a probe, such as HEAD, a prefetch or a link preview, and no call",
    "moment-invalid": "must be a time such as 2026-11-28T19:44:05+01:00 or 28.11.2026 19:44:05",
    "own-number-unreadable": "is not a number: {number}",
    "own-number-repeated": "is listed twice: {number}",
    "number-own-extension": "is the own extension, so the other party is not known",
    "placeholders-unreplaced": (
        "is a placeholder, and so are the other fields: the phone has not replaced them"
    ),
    "text-expected": "must be a text or a number",
    "base64-invalid": "is not base64",
    "gzip-invalid": "is in gzip, but broken or over {limit} bytes when it is unpacked",
    "content-coding-unreadable": (
        "is packed as {coding} and cannot be unpacked: it must be plain, or in gzip or deflate"
    ),
    "encoding-invalid": "is not {encoding}, as its first characters are",
    "json-invalid": "is not JSON: {reason}",
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
    "request-too-costly": "costs more than {limit} operations: send fewer members in one request,"
    " or simplify the mapping",
    "request-line-invalid": "begins with neither an address nor a line like GET /hit/...",
    "header-line-invalid": "has a line that is not a header: {line}",
    # mappings
    "content-type-refused": "must be one of {types}, with a charset or without",
    "rule-empty": "needs either `from` or `value`",
    "field-name-reserved": "is a name that means a place in the request",
    "field-circular": "refers to itself",
    "sources-too-many": "may name at most {limit} sources",
    "patterns-too-many": "may have at most {limit} different patterns",
    "source-unknown": "names {source}, which is neither a place in a request nor a field",
    "source-incomplete": "names {source}, which lacks a name or a position behind its first word",
    "source-path-invalid": (
        "names {source}, whose path has an empty step or a bracket unlike [name=text]"
    ),
    "source-without-list": "names {source}, but the mapping has no list in `each`",
    "condition-empty": "requires nothing: it needs `is`, `not`, `matches` or `own`",
    "value-unknown": "has '{value}', which must be one of {values}",
    "table-row-unreachable": "the row '{row}' is never reached: it repeats one, or has blanks",
    "table-without-source": "is never reached: the rule has a fixed `value`",
    "rule-unreachable": "is never reached: rule {rule} takes each of its values first",
    "template-invalid": (
        "has {source}, which is not a template: each source stands in braces, as in +{{query.cc}}"
    ),
    "pattern-classes-too-many": "has more than {limit} classes such as \\pL",
    "pattern-invalid": "is not a regular expression RE2 can run: {reason}",
}
"""Problems of one field, all with status 422; the text goes on from the field's name."""

SCHEMA_PROBLEMS: Mapping[str, str] = {
    "extra-forbidden": "is not a name that is known here",
    "unexpected-keyword-argument": "is not a name that is known here",
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
    "literal-error": "must be one of {expected}",
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
"""The codes of pydantic's own checks that a request can meet."""

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


def invalid(code: str, field: str = "", **params: Any) -> PydanticCustomError:
    """The error a validator of a pydantic model raises; `errors[]` then carries this code.

    `field` is the place below the model, if the validator has checked more than one field.
    """
    place = {"place": field} if field else {}
    text = f"{field} {text_of(code, params)}".lstrip()
    return PydanticCustomError(code, cast(Any, text), {**params, **place} or None)


def of_validation(details: ErrorDetails) -> tuple[str, dict[str, Any], str]:
    """Code, parameters and text of one error pydantic found."""
    context = details.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ProfileError):
        return cause.code, cause.params, cause.why
    params = {name: _plain(value) for name, value in context.items() if name != "place"}
    code = details["type"].replace("_", "-")
    if code == "literal-error":  # pydantic joins the values with an English word
        params["expected"] = str(params["expected"]).replace(" or ", ", ")
    text = FIELD_PROBLEMS.get(code) or SCHEMA_PROBLEMS.get(code)
    return code, params, text.format_map(params) if text else details["msg"]


def place_of(details: ErrorDetails) -> tuple[int | str, ...]:
    """The place of an error pydantic found, by names and positions."""
    context = details.get("ctx", {})
    cause = context.get("error")
    place = cause.field if isinstance(cause, ProfileError) else context.get("place")
    return details["loc"] if place is None else (*details["loc"], place)


def is_of_schema(code: str) -> bool:
    """Whether a code is that of one of pydantic's own checks."""
    return code in _PYDANTIC and code not in FIELD_PROBLEMS


def json_reason(message: str, position: int) -> str:
    """Why a text is not JSON; the position is counted from 0."""
    return f"{message[:1].lower()}{message[1:]} at character {position + 1}"


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
