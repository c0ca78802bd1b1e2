"""Whatever is sent to whichever preset is read or refused by name; nothing else comes of it."""

import json

from hypothesis import strategies as st

from softphone_common.domain.numbers.profile import NumberProfile
from softphone_ingest.mapping.parsed_event import HitError, ParsedEvent
from softphone_ingest.mapping.presets.preset import load_all
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.reply import fill_template
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping
from support.fuzzing import fuzz
from support.paths import DATA

PRESETS = load_all()
_text = st.text(max_size=12)
PROFILES = (
    NumberProfile(),
    NumberProfile(region="US", trunk="+1", extension_max_len=0),
    NumberProfile(outside_prefix="0", outside_prefix_mode="always", extension_ranges=("20-29",)),
)
RECORDED = DATA / "requests.jsonl"
BODIES = [json.loads(line)["body"].encode() for line in RECORDED.read_text("utf-8").splitlines()]
_breaks = st.sampled_from([b"", b"\xff", b"%", b"[]", b"null", b"{", b"<", b"=", b"\\ud800"])
_words = st.sampled_from(["newCall", "hangup", "ringing", "in", "1", "089", "$remote", "{", "<x>"])


def _latin(raw: bytes) -> str:
    """As a header's bytes are read."""
    return raw.decode("latin-1")


def broken(body: bytes, begin: int, end: int, instead: bytes) -> bytes:
    """A recorded body with a piece of it replaced."""
    return body[:begin] + instead + body[begin + end :]


_bodies = st.builds(
    broken, st.sampled_from(BODIES), st.integers(0, 300), st.integers(0, 9), _breaks
)


_kinds = st.binary(max_size=20).map(_latin) | st.sampled_from(
    ["", "application/json", "text/xml", "multipart/form-data; boundary=b", "text/plain; charset=x"]
)
_headers = st.dictionaries(st.text("abcx-", max_size=6), st.binary(max_size=20).map(_latin))


@st.composite
def _requests(draw: st.DrawFn) -> tuple[HitRequest, DeviceConfig]:
    """Any request, and the configuration of a device that reads it."""
    request = HitRequest(
        method=draw(st.sampled_from(["GET", "POST", "PUT"])),
        path=draw(_text | st.sampled_from(["/ringing", "/exe", "/i", "/a=b&c=d/", "/\n/\ud800"])),
        query=draw(_text | st.sampled_from(["ev=ring&ext=21&n=1", "N=S&C=1", "n=1;id=%ZZ"])),
        headers={
            **draw(_headers),
            "content-type": draw(_kinds | st.binary(max_size=20).map(_latin)),
        },
        body=draw(st.binary(max_size=80) | _words.map(str.encode) | _bodies),
        client="",
    )
    preset = PRESETS[draw(st.sampled_from(sorted(PRESETS)))]
    mapping = Mapping.model_validate(preset.mapping)
    extension = draw(st.none() | _words)
    return request, DeviceConfig(mapping, draw(st.sampled_from(PROFILES)), extension)


def test_no_request_is_more_than_refused() -> None:
    def tried(drawn: tuple[HitRequest, DeviceConfig]) -> None:
        hits: tuple[ParsedEvent, ...] = ()
        refused = HitError("none", "missing")
        try:
            interpretation = interpret(*drawn)
            hits = interpretation.events
            if interpretation.reply is not None:
                fill_template(interpretation.reply, "https://connector.example.de/hit/k", "c")
        except HitError as error:
            refused = error
        assert all(isinstance(hit, ParsedEvent) for hit in hits)
        assert refused.field
        assert refused.why

    fuzz(tried, _requests())
