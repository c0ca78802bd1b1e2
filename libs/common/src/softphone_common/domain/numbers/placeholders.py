"""Recognises placeholders that a phone sent as they are, without replacing them by a value."""

import re

_PLACEHOLDER = re.compile(
    r"""
      \$\$?[a-z_][\w.-]*(?:\([^()]*\))?\$?\$?   # $remote  $call-id  $$NAME$$  $sip_header(X)
    | \$\{(?:[^{}]|\$\{[^{}]*\})*\}             # ${CALLERID(num)}  ${URIENCODE(${ARG2})}
    | \$\([^()]*\)                             # $(callerid)
    | \{\{?\s*[a-z_][^{}]*\}?\}                 # {CALLERNUM}  {{ number }}
    | \[[a-z_][\w .]*\]                         # [Number]
    | %[a-z_]\w*%? | %[0-9]                     # %callerid%  %1
    | <[a-z_]\w*\.[\w.]+> | <\w+\([^()]*\)>     # <Call.Number>  <base64($Number)>
    | \#\{[^{}]*\}                              # #{number}
    | <[a-z]+(?:[_-][a-z]+)*>                   # <number>  <call-id>
    """,
    re.IGNORECASE | re.VERBOSE,
)
# some phones use GUIDs in braces as ids of their calls; these look like {CALLERNUM}
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)


# words that programs print for a value they do not have; capitals are a name: there are Mr Nulls
_NOTHING = frozenset({"null", "NULL", "(null)", "<null>", "undefined"})
_OWN = frozenset({"<number>", "<call-id>", "EXTENSION"})
"""The placeholders in the lines that our own page shows for a phone without any of its own."""


def is_unset(text: str) -> bool:
    """Whether `text` is a placeholder or a word for no value, and so is as good as empty."""
    return text.strip() in _NOTHING | _OWN or is_placeholder(text)


def is_own_placeholder(text: str) -> bool:
    """Whether `text` comes from a line of our page that a person did not complete."""
    return text.strip() in _OWN


def is_placeholder(text: str) -> bool:
    """Whether the whole of `text`, apart from blanks around it, is one placeholder."""
    text = text.strip()
    return _PLACEHOLDER.fullmatch(text) is not None and _GUID.fullmatch(text) is None
