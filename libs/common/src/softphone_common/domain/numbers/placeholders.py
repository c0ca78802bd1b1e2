"""Recognises placeholders that a phone sent as they are, without replacing them by a value."""

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
# some phones use GUIDs in braces as ids of their calls; these look like {CALLERNUM}
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)


def is_placeholder(text: str) -> bool:
    """Whether the whole of `text`, apart from blanks around it, is one placeholder."""
    text = text.strip()
    return _PLACEHOLDER.fullmatch(text) is not None and _GUID.fullmatch(text) is None
