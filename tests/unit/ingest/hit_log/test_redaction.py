"""A redacted request contains no credentials, and everything else as it was sent."""

import base64
import timeit
from functools import partial
from time import process_time
from urllib.parse import quote

import pytest

from softphone_ingest.hit_log.redaction import HIDDEN, Redactor
from softphone_ingest.mapping.request import HitRequest
from support.costs import seconds

KEY = "k3y-of-the-device"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("ext=21&password=hunter2&number=089", "ext=21&password=***&number=089"),
        ("Passwort=a%20b;ext=21", "Passwort=***;ext=21"),
        ('{"api_key": "x y", "ext": 21}', '{"api_key": "***", "ext": 21}'),
        ('{"token":"abc","ext":"21"}', '{"token":"***","ext":"21"}'),
        ("<call><secret>abc</secret><ext>21</ext></call>", None),
        ("%22pwd%22%3A%22abc%22", "%22pwd%22%3A%22***%22"),
        (f"ext=21&key={KEY}", "ext=21&key=***"),
        ("ext=21&number=089&tokens=3", "ext=21&number=089&tokens=3"),
        ("name=Passwort Huber", "name=Passwort Huber"),
        ("caf\xe9=\xff", "caf\xe9=\xff"),
        ("p%61ssword=abc%26def&ext=21", "p%61ssword=***&ext=21"),
        ("%70%61%73%73word=abc&ext=21", "%70%61%73%73word=***&ext=21"),
        ("%2570assword%253Dabc", "%2570assword%253D***"),
        ("user[password]=abc&ext=21", "user[password]=***&ext=21"),
        ('{"p\\u0061ssword": "a\\"b c", "ext": 21}', '{"p\\u0061ssword": "***", "ext": 21}'),
        ('{"pwd": 12345678, "ext": 21}', '{"pwd": ***, "ext": 21}'),
        (r'{"data": "{\"token\": \"abc\"}"}', r'{"data": "{\"token\": \"***\"}"}'),
        ("<call><secret>a&amp;b</secret></call>", "<call><secret>***</secret></call>"),
        ("<pwd><![CDATA[a<b]]></pwd>", "<pwd><![CDATA[***]]></pwd>"),
        ('<call password="a&quot;b" ext="21"/>', '<call password="***" ext="21"/>'),
        ("&#112;assword=abc", "&#112;assword=***"),
        ("as=Basic%20dXNlcjpodW50ZXIy&ext=21", "as=Basic%20***&ext=21"),
        ("data=eyJwYXNzd29yZCI6ICJhYmMifQ==&ext=21", "data=***&ext=21"),
        ("number=%2B498999998001&ext=21", "number=%2B498999998001&ext=21"),
        ("token=&ext=21", "token=&ext=21"),
        ('[{"name":"password","value":"a b"}]', '[{"name":"password","value":"***"}]'),
        ('[{"name": "pin", "value": 1234}]', '[{"name": "pin", "value": ***}]'),
        ('[{"value":"a b", "name":"userPass"}]', '[{"value":"***", "name":"userPass"}]'),
        ('[{"value":"Anna","name":"caller"}]', '[{"value":"Anna","name":"caller"}]'),
        ('[["password", "abc"], ["ext", "21"]]', '[["password", "***"], ["ext", "21"]]'),
        ('<param name="password">a b</param>', '<param name="password">***</param>'),
        ('<param name="pin" value="12"/>', '<param name="pin" value="***"/>'),
        ('{"password": {"v": ["a}", {}]}, "ext": 21}', '{"password": ***, "ext": 21}'),
        ('{"tokens": {"v": 1}, "secrets', '{"tokens": {"v": 1}, "secrets'),
        ('{"password": {"v": "a", "ext": 21', '{"password": ***'),
        ("password[v][0]=abc&ext=21", "password[v][0]=***&ext=21"),
        (
            '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nabc\r\n--x--',
            '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n***\r\n--x--',
        ),
    ],
)
def test_what_is_secret_is_hidden_wherever_it_stands(sent: str, shown: str | None) -> None:
    expected = shown or sent.replace(">abc<", ">***<")
    request = HitRequest("GET", f"/{KEY}", sent, {}, sent.encode("latin-1"), "192.0.2.1")
    seen = Redactor(KEY, None, "short").request(request)
    assert (seen.path, seen.query) == ("/***", expected)
    assert seen.body == expected.encode("latin-1")


def test_headers_that_prove_who_asks_are_hidden() -> None:
    sent = {"authorization": "Basic eDp5", "x-api-key": "abc", "user-agent": f"phone/{KEY}"}
    seen = Redactor(KEY).request(HitRequest("GET", "/", "", sent, b"", "192.0.2.1"))
    assert seen.headers == {"authorization": "***", "x-api-key": "***", "user-agent": "phone/***"}


HIDDEN_NAMES = (
    "password",
    "passwort",
    "passwd",
    "pwd",
    "kennwort",
    "pin",
    "pass",
    "pw",
    "auth",
    "jwt",
    "otp",
    "bearer",
    "credentials",
    "private_key",
    "privateKey",
    "signature",
    "sig",
    "session",
    "authorization",
    "cookie",
    "token",
    "access_token",
    "apikey",
    "api-key",
    "secret",
    "client_secret",
    "userPassword",
    "user.password",
    "vtigersignature",
    "X-Token",
    "X-Access-Token",
    "X-Gitlab-Token",
    "X-Auth-Token",
    "X-Secret",
    "X-Webhook-Secret",
    "X-Password",
    "X-Api-Key",
    "Api-Key",
    "X-Signature",
    "X-Hub-Signature-256",
    "Ocp-Apim-Subscription-Key",
    "Proxy-Authorization",
    "X-Session",
)
SHOWN_NAMES = (
    "pickup",
    "passenger",
    "pinned",
    "bypass",
    "compass",
    "author",
    "authority",
    "signal",
    "assign",
    "spin",
    "spinner",
    "session_id",
    "call_session",
    "sessionid",
    "sid",
    "tokens",
    "keypad",
    "key",
    "X-Forwarded-For",
    "Referer",
    "User-Agent",
    "call_id",
    "number",
    "extension",
    "design",
    "sign",
    "monkey",
    "passed",
    "opinion",
)


@pytest.mark.parametrize("name", [*HIDDEN_NAMES, *SHOWN_NAMES])
def test_name_decides_alike_in_query_body_and_header(name: str) -> None:
    body = f'{{"{name}": "hunter2"}}'.encode()
    sent = HitRequest("GET", "/", f"a=1&{name}=hunter2", {name.lower(): "hunter2"}, body, "")
    seen = Redactor(KEY).request(sent)
    value = HIDDEN if name in HIDDEN_NAMES else "hunter2"
    assert seen.query == f"a=1&{name}={value}"
    assert seen.body.decode() == f'{{"{name}": "{value}"}}'
    assert seen.headers == {name.lower(): value}


def test_value_that_is_a_call_id_stays_visible() -> None:
    headers = {"session": "a84b4c-7", "token": "abc"}
    sent = HitRequest("GET", "/", "session=a84b4c-7&token=b", headers, b"", "")
    seen = Redactor(KEY, visible=["a84b4c-7"]).request(sent)
    assert seen.query == "session=a84b4c-7&token=***"
    assert seen.headers == {"session": "a84b4c-7", "token": "***"}


def test_key_that_is_read_as_a_call_id_is_hidden() -> None:
    sent = HitRequest("GET", "/", f"token={KEY}", {"token": KEY}, b"", "")
    seen = Redactor(KEY, visible=[KEY]).request(sent)
    assert (seen.query, seen.headers) == ("token=***", {"token": "***"})


_IN_BASE64 = base64.b64encode(f"someone:{KEY}".encode()).decode()
SPELLINGS = {
    "as it is": KEY,
    "in percents": "".join(f"%{ord(c):02X}" for c in KEY),
    "twice in percents": "".join(f"%25{ord(c):02x}" for c in KEY),
    "in JSON": "".join(f"\\u{ord(c):04x}" for c in KEY),
    "in XML": "".join(f"&#x{ord(c):x};" for c in KEY),
    "in decimal XML": "".join(f"&#{ord(c)};" for c in KEY),
    "in hexadecimal digits": KEY.encode().hex(),
    "in capital hexadecimal digits": KEY.encode().hex().upper(),
    "in base64 of hexadecimal digits": base64.b64encode(KEY.encode().hex().encode()).decode(),
    "in base64": base64.b64encode(f"user:{KEY}".encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(f"\xff\xfe{KEY}".encode()).decode(),
    "in base64 of base64": base64.b64encode(_IN_BASE64.encode()).decode(),
    "in base64 of UTF-16": base64.b64encode(KEY.encode("utf-16-le")).decode(),
    "in hexadecimal digits with blanks": KEY.encode().hex(" "),
    "in hexadecimal digits with plus signs": KEY.encode().hex(" ").replace(" ", "+"),
    "in hexadecimal digits with colons": KEY.encode().hex(":").upper(),
    "in hexadecimal digits of UTF-16": KEY.encode("utf-16-le").hex()[:-2],
    "in escapes of C": KEY.encode().hex(" ").replace(" ", "\\x").join(("\\x", "")),
    "in octal escapes of C": "".join(f"\\{ord(c):03o}" for c in KEY),
    "in base32": base64.b32encode(KEY.encode()).decode().rstrip("="),
    "in small base32": base64.b32encode(KEY.encode()).decode().rstrip("=").lower(),
    "in quoted-printable": "".join(f"={ord(c):02X}" for c in KEY)[1:],
    "in capital letters": KEY.upper(),
    "in base64 in percents": quote(base64.b64encode(f"user:{KEY}".encode()).decode(), safe=""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_secret_is_hidden_however_it_is_spelled(spelling: str) -> None:
    sent = SPELLINGS[spelling]
    text = f"a={sent}&b=2"
    request = HitRequest("GET", f"/{sent}/x", text, {"x-h": text}, text.encode(), "192.0.2.1")
    seen = Redactor(KEY).request(request)
    assert (seen.path, seen.query, seen.body) == ("/***/x", "a=***&b=2", b"a=***&b=2")
    assert seen.headers == {"x-h": "a=***&b=2"}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "abcd", "abcde"])
@pytest.mark.parametrize("behind", ["", "x", "xy", "xyz"])
def test_secret_among_others_in_base32_is_hidden(before: str, behind: str) -> None:
    sent = base64.b32encode(f"{before}{KEY}{behind}".encode()).decode()
    seen = Redactor(KEY).request(HitRequest("GET", "/", f"a={sent}&b=2", {}, b"", "")).query
    shown = seen.removeprefix("a=").removesuffix("&b=2").strip("=")
    assert shown == sent[: 8 * len(before) // 5] + HIDDEN + shown.partition(HIDDEN)[2]
    assert len(shown.partition(HIDDEN)[2]) <= 8 * len(behind) // 5 + 1


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "%0A", "\\r\\n"])
def test_secret_in_wrapped_base64_is_hidden(line_end: str) -> None:
    text = f"a={_IN_BASE64[:14]}{line_end}{_IN_BASE64[14:]}&b=2"
    assert Redactor(KEY).request(HitRequest("GET", "/", text, {}, b"", "")).query == "a=***&b=2"


@pytest.mark.parametrize("behind", ["/ringing", "?number=1", "", "%2Fringing"])
def test_key_of_another_device_is_hidden_in_its_address(behind: str) -> None:
    address = f"https://connector.example/hit/k3y-0f_an0ther-devic3X{behind}"
    request = HitRequest("GET", "/", "", {"referer": address}, address.encode(), "192.0.2.1")
    seen = Redactor(KEY).request(request)
    shown = f"https://connector.example/hit/***{behind}"
    assert (seen.headers["referer"], seen.body) == (shown, shown.encode())


def test_text_as_long_as_a_key_stays() -> None:
    text = "call_id=a84b4c76e66710a84b4c76&path=/hits/a84b4c76e66710a84b4c76"
    assert Redactor(KEY).request(HitRequest("GET", "/", text, {}, b"", "")).query == text


def test_form_with_a_plus_hides_a_secret_with_a_space() -> None:
    seen = Redactor("two words long").request(
        HitRequest("GET", "/", "a=two+words+long&b=2", {}, b"", "")
    )
    assert seen.query == "a=***&b=2"


def test_reason_repeats_nothing_that_was_hidden() -> None:
    redactor = Redactor(KEY)
    headers = {"authorization": "Basic dXNlcjpodW50ZXIyLWxvbmc="}
    query = "token=s3cr%65t-event&pwd=ab&ext=21"
    redactor.request(HitRequest("GET", "/", query, headers, b"", ""))
    assert redactor.text("s3cret-event") == HIDDEN
    assert redactor.text("s3cret-e") == HIDDEN, "cut off for a message"
    assert redactor.values({"event": "ab"}) == {"event": HIDDEN}
    assert redactor.text("about") == "about"
    assert redactor.text("'s3cret-event' is no event") == "'***' is no event"
    assert redactor.text("hunter2-long") == HIDDEN
    assert redactor.text(KEY) == HIDDEN
    assert redactor.text("Müller") == "Müller"
    assert redactor.values({"event": "s3cret-event", "limit": 3}) == {"event": HIDDEN, "limit": 3}


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        '"',
        '\\"',
        "<x>",
        "<x><![CDATA[",
        "name=x\n",
        "%25",
        "&amp;",
        "=",
        "a=b&",
        ' a="',
        "password",
        "password-",
        '"password":{',
        '"password":{"\\"',
        '"password","value":"',
        '"value":"\\"',
        '{"value":"a","name":"',
        "password[a",
        "YWJj\n",
        base64.b64encode(base64.b64encode(b"a" * 30)).decode() + " ",
        KEY.encode().hex()[:-1],
        "6b:",
    ],
)
def test_redaction_takes_linear_time(piece: str) -> None:
    """Ten times the text takes about ten times as long, and not a hundred times."""

    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        request = HitRequest("GET", "/", "", {}, text.encode(), "")
        work = partial(Redactor(KEY).request, request)
        # of the processor, since other programs of the machine take their turns too
        return min(timeit.repeat(work, timer=process_time, number=1, repeat=3))

    assert seconds(40_000) < 30 * seconds(4_000) + 0.01


@pytest.mark.parametrize("piece", ["password=", "password>"])
def test_many_names_cost_no_more_than_many_escapes(piece: str) -> None:
    """The values behind a row of names overlap: each is the rest of the text."""
    escapes, size = "%41" * 4_000, 64_000
    costs = [
        seconds(partial(Redactor(KEY).request, HitRequest("GET", "/", "", {}, body, "")))
        for body in (
            (escapes + "a" * size)[:size].encode(),
            (piece * 100 + escapes + "a" * size)[:size].encode(),
        )
    ]
    assert costs[1] < 6 * costs[0]


def test_event_repeats_nothing_of_a_body_that_is_hidden() -> None:
    redactor = Redactor(KEY)
    body = b"password=" * 490 + b"a" * 60_000 + b"&pwd=s3cret-event"
    assert redactor.request(HitRequest("GET", "/", "", {}, body, "")).body == HIDDEN.encode()
    assert redactor.text("s3cret-event") == HIDDEN
