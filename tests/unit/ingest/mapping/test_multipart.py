"""A multipart form gives its values by name, however its parts are written."""

import pytest

from softphone_ingest.mapping.body import parse_form
from softphone_ingest.mapping.parsed_event import HitError

DISPOSED = "Content-Disposition: form-data; "
FORMS = {
    "quoted": (f'--b\r\n{DISPOSED}name="n"\r\n\r\n1\r\n--b--\r\n', {"n": ["1"]}),
    "bare": (f"--b\r\n{DISPOSED}name=n\r\n\r\n1\r\n--b--", {"n": ["1"]}),
    "line feeds alone": (f"--b\n{DISPOSED}name=n\n\n1\n--b--\n", {"n": ["1"]}),
    "more heads": (f"--b\r\nX: y\r\n{DISPOSED}name=n\r\nA: b\r\n\r\n1\r\n--b--", {"n": ["1"]}),
    "folded": (f"--b\r\n{DISPOSED}\r\n name=n\r\n\r\n1\r\n--b--", {"n": ["1"]}),
    "any case": ("--b\r\ncontent-disposition: x;NAME=n\r\n\r\n1\r\n--b--", {"n": ["1"]}),
    "a file's name": (
        f'--b\r\n{DISPOSED}filename="x; name=y"; name="n"\r\n\r\n1\r\n--b--',
        {"n": ["1"]},
    ),
    "twice, and another": (
        f"--b\r\n{DISPOSED}name=n\r\n\r\n1\r\n--b\r\n{DISPOSED}name=m\r\n\r\n2\r\n"
        f"--b \r\n{DISPOSED}name=n\r\n\r\n3\r\n--b--",
        {"n": ["1", "3"], "m": ["2"]},
    ),
    "lines": (f"--b\r\n{DISPOSED}name=n\r\n\r\n1\r\n\r\n--bc\r\n--b--", {"n": ["1\r\n\r\n--bc"]}),
    "empty": (f"--b\r\n{DISPOSED}name=n\r\n\r\n\r\n--b--", {"n": [""]}),
    "before and behind": (
        f"so\r\n--b\r\n{DISPOSED}name=n\r\n\r\n1\r\n--b--\r\n--b\r\n{DISPOSED}name=m\r\n\r\n2",
        {"n": ["1"]},
    ),
    "no end": (f"--b\r\n{DISPOSED}name=n\r\n\r\n1", {"n": ["1"]}),
    "no value": (f"--b\r\n{DISPOSED}name=n", {"n": [""]}),
    "no name": ("--b\r\nX: y\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--", {}),
}


@pytest.mark.parametrize("what", FORMS)
def test_a_form_gives_its_values(what: str) -> None:
    body, values = FORMS[what]
    assert parse_form(body.encode(), "multipart/form-data; boundary=b") == values


@pytest.mark.parametrize(
    "kind", ['multipart/form-data; boundary="a b"', "Multipart/Form-Data;charset=x; Boundary=a+b"]
)
def test_a_boundary_is_a_text_and_no_pattern(kind: str) -> None:
    mark = "a b" if '"' in kind else "a+b"
    body = f"--{mark}\r\n{DISPOSED}name=n\r\n\r\nM\xfcller\r\n--{mark}--".encode("latin-1")
    assert parse_form(body, kind) == {"n": ["Müller"]}


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"--b\r\n\r\n1", "multipart/form-data", "multipart-boundary-missing"),
        (b"number=1", "multipart/form-data; boundary=b", "multipart-invalid"),
        (
            b"--b\r\nX: " + b"y" * 1024,
            "multipart/form-data; boundary=b",
            "multipart-head-too-large",
        ),
    ],
)
def test_what_is_no_form_is_named(body: bytes, kind: str, code: str) -> None:
    with pytest.raises(HitError) as caught:
        parse_form(body, kind)
    assert (caught.value.field, caught.value.code) == ("body", code)
