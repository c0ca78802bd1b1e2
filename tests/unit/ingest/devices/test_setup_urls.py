"""Setup URLs: a phone that fills in its placeholders sends the meant event, and the URL fits."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from softphone_common.domain.numbers.normalise import normalise
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_ingest.devices.setup_urls import device_urls
from softphone_ingest.mapping.presets.preset import Paste, Preset, load_all
from softphone_ingest.mapping.reader import DeviceConfig, interpret
from softphone_ingest.mapping.request import HitRequest
from softphone_ingest.mapping.schema import Mapping

BASE = f"https://connector.example.de/hit/{'k' * 22}"
ROOM = 20
"""Characters a longer host name may take."""
NUMBER = "+498999998001"

FILLED = {
    # the vendors' own placeholders, and what they are replaced by
    "<number>": "08999998001",
    "<call-id>": "c-1",
    "$active_user": "21",
    "$local": "sip:21@pbx.example.de",
    "$remote": "sip:08999998001@pbx.example.de",
    "$display_remote": "Huber",
    "$call-id": "313536-7k2m9x@192.168.1.21",
    "$call_id": "33093",
    "$$REMOTENUMBER$$": "08999998001",
    "$$SIPUSERNAME$$": "21",
    "$$CALLDIRECTION$$": "incoming",
    "$LocalParty": "21",
    "$RemoteParty": "08999998001",
    "$CallGUID": "%7B6F9619FF-8B86-D011-B42D-00CF4FC964FF%7D",
    "$CallOrigin": "{direction}",
    "$CallDurationSeconds": "37",
    "${URIENCODE(${CALLERID(dnid)})}": "4989999980",
    "${url_encode(${sip_to_user})}": "4989999980",
    "$(calleridCanonical)": "%2B498999998001",
    "{calleridNational}": "08999998001",
    "{callerDisplayName}": "Huber",
    "{CALLERNUM}": "08999998001",
    "{CALLERNAME}": "Huber",
    "{USERNUM}": "21",
    "{CALLTYPE}": "{direction}",
    "{remoteNumber}": "08999998001",
    "{localNumber}": "21",
    "{call-id}": "1882372117-5060-9",
    "<Call.NumberSC>": "+498999998001",
    "<Call.LineNumberSC>": "21",
    "<Call.Origin>": "{origin}",
    "<Call.ContactName>": "Huber",
    "${URIENCODE(${CALLERID(num)})}": "%2B498999998001",
    "${URIENCODE(${CALLERID(name)})}": "Huber",
    "${EXTEN}": "21",
    "${ARG1}": "21",
    "${URIENCODE(${ARG2})}": "%2B498999998001",
    "${CHANNEL(linkedid)}": "1541078811.97",
    "${DIALSTATUS}": "{status}",
    "${ANSWEREDTIME}": "41",
    "${url_encode(${caller_id_number})}": "%2B498999998001",
    "${destination_number}": "21",
    "${uuid}": "0779a56d",
    "\\${hangup_cause}": "{cause}",
    "\\${billsec}": "{seconds}",
    "$number": "08999998001",
    "$name": "Huber",
    "$n": "08999998001",
    "$c": "fff79c5bd2115d01",
    "$fU": "08999998001",
    "$tU": "21",
    "$ci": "a84b4c76@pc33.example.de",
    "XXX": "08999998001",
    "NUMBER": "08999998001",
    "SECRET": "s3cret",
    "APIKEY": "s3cret",
    "TOKEN": "t0ken",
    "SN": "3631A2124XXX",
    "ID": "c-1",
}
MEANT = {
    # the part that depends on the event
    "ringing": {"direction": "incoming", "origin": "0", "status": "", "cause": "", "seconds": ""},
    "dialed": {"direction": "outgoing", "origin": "1", "status": "", "cause": "", "seconds": ""},
    "connected": {"direction": "incoming", "origin": "0", "status": "", "cause": "", "seconds": ""},
    "ended": {
        "direction": "incoming",
        "origin": "0",
        "status": "ANSWER",
        "cause": "NORMAL_CLEARING",
        "seconds": "41",
    },
    "missed": {
        "direction": "incoming",
        "origin": "0",
        "status": "BUSY",
        "cause": "USER_BUSY",
        "seconds": "0",
    },
}
EXTENSIONS = {
    # of senders that name their lines by something else, or not at all
    "sipgate": "w0",
    "aircall": "anna@example.de",
    "fritzbox": "99998021",
    "placetel": "",
    "46elks": "",
}
NUMBERLESS = {
    ("mitel", "action uri connected"),
    ("mitel", "action uri onhook"),
    ("mitel", "action uri disconnected"),
    ("yeastar", "Webhook URL"),
}
TABLED = {"$CallOrigin": {"incoming": "INBOUND", "outgoing": "OUTBOUND"}}


@dataclass(frozen=True)
class PastedLine:
    """One line to paste, and one event that its URL reports."""

    preset: Preset
    paste: Paste
    event: str


LINES = [
    PastedLine(preset, paste, event)
    for preset in load_all().values()
    for paste in preset.paste
    for event in (paste.events if not paste.body else paste.events[:1])
]


def filled(text: str, event: str) -> str:
    """The text as the phone sends it."""
    for placeholder in sorted(FILLED, key=len, reverse=True):
        value = FILLED[placeholder]
        for name, word in MEANT[event].items():
            value = value.replace(f"{{{name}}}", TABLED.get(placeholder, {}).get(word, word))
        if placeholder.isalpha():
            text = re.sub(rf"\b{placeholder}\b", value, text)
        else:
            text = text.replace(placeholder, value)
    return text


@pytest.mark.parametrize(
    "line", LINES, ids=[f"{x.preset.id}: {x.paste.label}: {x.event}" for x in LINES]
)
def test_pasted_line_reports_its_event(line: PastedLine) -> None:
    preset, paste, event = line.preset, line.paste, line.event
    own = {"{base}": BASE, "{extension}": "21"}
    url, body = paste.url, paste.body
    for placeholder, value in own.items():
        url, body = url.replace(placeholder, value), body.replace(placeholder, value)
    address = urlsplit(filled(url, event))
    query = address.query
    if paste.line.endswith('--data-urlencode "number='):
        query += "&number=%2008999998001"
    headers = {"content-type": paste.content_type} if paste.content_type else {}
    sent = filled(body, event).encode()
    path = address.path.removeprefix(urlsplit(BASE).path)
    request = HitRequest(paste.method, path, query, headers, sent, "")
    profile = merge_profile(NumberProfile(), preset.numbers)
    config = DeviceConfig(Mapping.model_validate(preset.mapping), profile)
    (hit,) = interpret(request, config).events
    assert hit.phase == event
    assert hit.extension == EXTENSIONS.get(preset.id, "21")
    if (preset.id, paste.label) in NUMBERLESS:
        assert hit.number is None
    else:
        assert hit.number is not None
        assert normalise(hit.number, profile).e164 == NUMBER


@pytest.mark.parametrize("preset", load_all().values(), ids=lambda preset: preset.id)
def test_pasted_line_fits_with_a_longer_host(preset: Preset) -> None:
    for item in device_urls(preset, BASE, "21").items:
        assert item.limit is None or item.length + ROOM <= item.limit, item.text


@pytest.mark.parametrize("preset", load_all().values(), ids=lambda preset: preset.id)
def test_pasted_xml_is_well_formed(preset: Preset) -> None:
    for item in device_urls(preset, BASE, "21").items:
        if item.text.startswith("<"):
            assert item.url in ET.fromstring(item.text).attrib["data"]


@pytest.mark.parametrize("preset", load_all().values(), ids=lambda preset: preset.id)
def test_every_placeholder_of_a_line_is_known(preset: Preset) -> None:
    for paste in preset.paste:
        rest = f"{paste.url}\n{paste.body}".replace("{base}", "").replace("{extension}", "")
        for placeholder in sorted(FILLED, key=len, reverse=True):
            rest = rest.replace(placeholder, "")
        assert not re.search(r"[$<>]|\{\w|\[\w", rest), (
            f"{paste.url} has one the table lacks: {rest}"
        )


@pytest.mark.parametrize(
    ("preset", "page"),
    [
        ("starface", "number=$(calleridCanonical)&extension=21"),
        ("estos", "number=<Call.NumberSC>&extension=<Call.LineNumberSC>"),
        ("generic", "number=<number>&extension=21&call_id=<call-id>"),
        ("snom", None),
    ],
)
def test_page_of_the_caller_is_printed_without_the_key(preset: str, page: str | None) -> None:
    origin, _, key = BASE.rpartition("/hit/")
    urls = device_urls(load_all()[preset], BASE, "21")
    assert urls.pop == (None if page is None else f"{origin}/pop?{page}")
    assert key not in (urls.pop or "")
