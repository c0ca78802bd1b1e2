"""URIs and channel names are taken apart, however much or little of them a phone sends."""

import pytest

from softphone_common.domain.numbers.notation.sip import Channel, SipUri, parse_channel, parse_uri


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (
            '"Huber, S" <sip:21@PBX.example.de:5061;user=phone>;tag=1',
            SipUri('"Huber, S" ', "21", "pbx.example.de", {"user": "phone"}),
        ),
        ("sips:21:secret@pbx?subject=x", SipUri("", "21", "pbx", {})),
        (
            "tel:201;Phone-Context=x;ext=7",
            SipUri("", "201", "", {"phone-context": "x", "ext": "7"}),
        ),
        ("callto:tel:201", SipUri("", "201", "", {})),
        ("21@pbx", SipUri("", "21", "pbx", {})),
        (" 21", SipUri("", " 21", "", {})),
    ],
)
def test_a_uri_has_user_host_and_parameters(text: str, uri: SipUri) -> None:
    assert parse_uri(text) == uri


@pytest.mark.parametrize(
    ("text", "channel", "device"),
    [
        ("PJSIP/21-0000001a", Channel("21", "0000001a", ""), "21"),
        ("sip/desk-4", Channel("desk", "4", ""), "desk-4"),
        ("DAHDI/1-1", Channel("1", "1", ""), "1-1"),
        ("SIP/trunk/08999998001", Channel("08999998001", "", "trunk"), "08999998001"),
        ("Local/201@from-internal-0000;1", Channel("201", "", ""), "201"),
        ("sofia/internal/1001@pbx", Channel("1001", "", "internal"), "1001"),
    ],
)
def test_a_channel_has_peer_suffix_and_trunk(text: str, channel: Channel, device: str) -> None:
    assert parse_channel(text) == channel
    assert channel.device == device


@pytest.mark.parametrize("text", ["", "21", "sip:21@pbx", "PJSIP/", "FAX/21"])
def test_another_text_is_no_channel(text: str) -> None:
    assert parse_channel(text) is None
