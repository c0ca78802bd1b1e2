"""Knows a placeholder that a phone sent instead of what it stands for; replaces none."""

import re

_PLACEHOLDER = re.compile(
    r"""
      \$\$?[a-z_][\w.-]*(?:\([^()]*\))?\$?\$?   # $remote  $call-id  $$NAME$$  $sip_header(X)
    | \$\{[^{}]*\} | \$\([^()]*\)               # ${CALLERID(num)}  $(callerid)
    | \{\{?\s*[a-z_][^{}]*\}?\}                 # {CALLERNUM}  {{ number }}
    | \[[a-z_][\w .]*\]                         # [Number]
    | %[a-z_]\w*%? | %[0-9]                     # %callerid%  %1
    | <[a-z_]\w*\.[\w.]+> | <\w+\([^()]*\)>     # <Call.Number>  <base64($Number)>
    | \#\{[^{}]*\}                              # #{number}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)


def is_placeholder(text: str) -> bool:
    """Whether the whole of `text` is one; a GUID in braces, as some phones name calls, is none."""
    text = text.strip()
    return _PLACEHOLDER.fullmatch(text) is not None and _GUID.fullmatch(text) is None
