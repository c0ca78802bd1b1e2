"""A redacted request contains no credentials, and everything else as it was sent."""

import pytest

from softphone_ingest.hit_log.redaction import redacted
from softphone_ingest.mapping.request import HitRequest

KEY = "k3y-of-the-device"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("ext=21&password=hunter2&number=089", "ext=21&password=***&number=089"),
        ("Passwort=a%20b;ext=21", "Passwort=***;ext=21"),
        ('{"api_key": "x y", "ext": 21}', '{"api_key": "***", "ext": 21}'),
        ('{"token":"abc","ext":"21"}', '{"token":"***","ext":"21"}'),
        ("<call><secret>abc</secret><ext>21</ext></call>", None),
        ("%22pwd%22%3A%22abc%22", "%22pwd%22%3A***"),
        (f"ext=21&key={KEY}", "ext=21&key=***"),
        ("ext=21&number=089&tokens=3", "ext=21&number=089&tokens=3"),
        ("name=Passwort Huber", "name=Passwort Huber"),
        ("caf\xe9=\xff", "caf\xe9=\xff"),
    ],
)
def test_what_is_secret_is_hidden_wherever_it_stands(sent: str, shown: str | None) -> None:
    expected = shown or sent.replace(">abc<", ">***<")
    request = HitRequest("GET", f"/{KEY}", sent, {}, sent.encode("latin-1"), "192.0.2.1")
    seen = redacted(request, KEY, None, "short")
    assert (seen.path, seen.query) == ("/***", expected)
    assert seen.body == expected.encode("latin-1")


def test_headers_that_prove_who_asks_are_hidden() -> None:
    sent = {"authorization": "Basic eDp5", "x-api-key": "abc", "user-agent": f"phone/{KEY}"}
    seen = redacted(HitRequest("GET", "/", "", sent, b"", "192.0.2.1"), KEY)
    assert seen.headers == {"authorization": "***", "x-api-key": "***", "user-agent": "phone/***"}
