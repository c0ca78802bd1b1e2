"""The grammar of SIP and tel URIs, and of the channel names of exchanges.

The terms are those of RFC 3261, section 25.1 (name-addr, user, host, parameters, headers), and of
RFC 3966 (tel). The functions are more lenient than both: they read whatever phones write around a
number, and a text that is no URI is its own user.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# some clients write one scheme inside another, as in callto:tel:089...
# not inside a word: "hotel:21" has no scheme
_SCHEMES = re.compile(r"(?<!\w)\s*(?:(?:sips?|tel|callto|phone|skype|dial|h323):(?://)?)+", re.I)
# a word with something else behind it is a remark: 212-555-0147; press 3
_PARAMETER = re.compile(r";\s*(?!x[0-9])([a-z][\w.-]*)(?:=([^;@>?]*)|(?=\s*(?:[;@>?]|$)))", re.I)
_HEADERS = re.compile(r"\?[a-z].*", re.I | re.S)
# after a digit only: elsewhere a colon ends a label, as in Büro:089...
_PASSWORD = re.compile(r"(?<=[0-9]):.*", re.S)
# the mark of a list in front of a number, which is no host
_BEHIND_AT = re.compile(r"^\s*@\s*(?=[+(0][^.@]*$)")
_HOST = re.compile(r"[^\s:;>?/]*")

# Asterisk names a channel technology/peer-suffix (PJSIP/21-0000001a). A command that dials through
# a trunk has technology/trunk/number, and the two halves of a local channel are
# Local/extension@context-suffix;1 and ;2. FreeSWITCH writes sofia/profile/user@host.
_CHANNEL = re.compile(
    r"(?:PJSIP|SIP|IAX2?|DAHDI|ZAP|SCCP|MGCP|MISDN|CAPI|LOCAL|AGENT|USER|SOFIA|TECHNOLOGY)/"
    r"(?:(?P<trunk>[^@]*)/)?(?P<peer>[^/@;]+?)(?:-(?P<suffix>[0-9a-f]+))?(?:;[0-9])?(?:@.*)?",
    re.I,
)
_SUFFIX_MIN = 4
"""Hexadecimal digits of the suffix of most channels. Few have less, such as DAHDI/1-1."""


@dataclass(frozen=True, slots=True)
class SipUri:
    """The parts of a name-addr or a URI.

    `display_name` still has its quotes, and `user` the blanks around it. Names of `parameters` are
    in lower case, those of the user and those of the URI in one mapping. `host` is in lower case
    and has no port.
    """

    display_name: str
    user: str
    host: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Channel:
    """The parts of a channel name. `trunk` is empty unless the peer is called through one."""

    peer: str
    suffix: str
    trunk: str

    @property
    def device(self) -> str:
        """The peer as the name of a phone, where a short suffix may be a part of it: `desk-4`."""
        is_counter = len(self.suffix) >= _SUFFIX_MIN
        return self.peer if is_counter or not self.suffix else f"{self.peer}-{self.suffix}"


def parse_uri(text: str) -> SipUri:
    """Reads `"Huber" <sip:21@pbx;user=phone>`, a URI alone, user@host, or only a user."""
    display_name, bracket, rest = text.rpartition("<")
    uri = _SCHEMES.sub("", rest.partition(">")[0] if bracket else text, count=1)
    parameters = {name.lower(): value for name, value in _PARAMETER.findall(uri)}
    user, at, host_part = _BEHIND_AT.sub("", uri, count=1).partition("@")
    user = _HEADERS.sub("", _PARAMETER.sub("", user))
    if at:
        user = _PASSWORD.sub("", user)
    host = _HOST.match(host_part)
    return SipUri(display_name, user, host[0].lower() if host else "", parameters)


def parse_channel(text: str) -> Channel | None:
    """Reads a channel name; None for any other text."""
    match = _CHANNEL.fullmatch(text.strip())
    if match is None:
        return None
    return Channel(match["peer"], match["suffix"] or "", match["trunk"] or "")
