"""Whatever a stranger sends to a decoder is read or refused by its own error; nothing else."""

# ruff: noqa: PT017 - being read is as right as being refused, so `raises` would be wrong

import base64
import json
from typing import Any

import pytest
from hypothesis import strategies as st
from pydantic import ValidationError

from softphone_common.bus.envelope import Envelope, unpack
from softphone_common.contracts.catalogue import BY_TYPE
from softphone_common.contracts.events import Message
from softphone_common.contracts.problem_codes import FIELD_PROBLEMS
from softphone_common.contracts.websocket import Hello, Token, Watch
from softphone_common.domain.numbers.normalise import RAW_MAX, normalise
from softphone_common.domain.numbers.profile import NumberProfile, merge_profile
from softphone_common.http.paging import decode_cursor
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import PoisonError
from softphone_ingest.mapping.schema import Mapping
from softphone_ingest.tenants.activation import ActivationError, Claims, read_unverified
from softphone_matcher.imports.import_file import read_import
from softphone_matcher.imports.rows.imported_row import ImportedRow, ImportFileError, Rejection
from softphone_testing.installation_keys import checked_tokens
from support.fuzzing import fuzz
from support.import_files import workbook
from support.paths import SAMPLES

HALVES = st.text(max_size=20).map(lambda text: text + "\ud800")
"""With half a character, which no encoding has; `characters()` makes none."""
NESTED = st.integers(1, 20_000).map(lambda depth: b"[" * depth)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=9), part, max_size=3)
    ),
    max_leaves=9,
)
BODIES = st.binary(max_size=99) | NESTED | JSON.map(lambda given: json.dumps(given).encode())
ALGORITHMS: list[object] = ["HS256", "EdDSA", "none", "", None, ["HS256"], {}, 1]
HEADS = st.sampled_from(
    [{"alg": alg} for alg in ALGORITHMS]
    + [{"alg": "HS256", "b64": False}, {"alg": "EdDSA", "crit": ["x"]}, {"alg": "HS256", "kid": []}]
).map(lambda given: json.dumps(given).encode())


def url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


SIGNED = st.tuples(BODIES | HEADS, BODIES, st.binary(max_size=64)).map(
    lambda parts: ".".join(map(url64, parts))
)
TEXTS = st.text(max_size=99) | HALVES | BODIES.map(url64) | SIGNED
TOKENS = checked_tokens()


@pytest.mark.parametrize("kind", sorted(BY_TYPE))
def test_messages(kind: str) -> None:
    sample = next(SAMPLES.glob(f"{kind}*")).read_bytes()
    broken = st.tuples(st.integers(0, len(sample)), st.integers(0, 9), BODIES).map(
        lambda cut: sample[: cut[0]] + cut[2] + sample[cut[0] + cut[1] :]
    )
    fields = st.tuples(st.sampled_from(sorted(json.loads(sample))), JSON).map(
        lambda given: json.dumps({**json.loads(sample), given[0]: given[1]}).encode()
    )

    def tried(body: bytes) -> None:
        try:
            assert isinstance(unpack(Envelope(body, {"cloudEvents_type": kind})), Message)
        except PoisonError as error:
            assert str(error).startswith(kind)

    fuzz(tried, BODIES | broken | fields)


def test_headers_of_a_message() -> None:
    def tried(headers: dict[str, Any]) -> None:
        envelope = Envelope(b"{}", headers)
        assert isinstance(envelope.attempt, int)
        with pytest.raises(PoisonError):
            unpack(envelope)

    names = st.sampled_from(["cloudEvents_type", "cloudEvents_id", "softphone-attempt"])
    fuzz(tried, st.dictionaries(names, JSON | st.binary(max_size=9)))


@pytest.mark.parametrize("frame", [Hello, Token, Watch])
def test_frames(frame: type[Hello | Token | Watch]) -> None:
    def tried(text: bytes) -> None:
        try:
            given = json.loads(text)  # as a socket reads it: half a character may come through
        except (ValueError, RecursionError):
            return
        try:
            assert isinstance(frame.model_validate(given), frame)
        except ValidationError as error:
            assert error.error_count()

    named = st.fixed_dictionaries(
        {"type": st.just(frame.__name__.lower())},
        optional=dict.fromkeys(("token", "seen", "device"), JSON),
    )
    fuzz(tried, BODIES | named.map(lambda given: json.dumps(given).encode()))


def test_tokens() -> None:
    def tried(token: str) -> None:
        with pytest.raises(ProblemError) as refused:
            TOKENS.check(token)
        assert refused.value.status == 401

    fuzz(tried, TEXTS)


def test_activation_codes() -> None:
    def tried(code: str) -> None:
        try:
            assert isinstance(read_unverified(code), Claims)
        except ActivationError as error:
            assert str(error)

    fuzz(tried, TEXTS)


def test_cursors() -> None:
    def tried(cursor: str) -> None:
        try:
            assert isinstance(decode_cursor(cursor, str)[0], str)
        except ProblemError as error:
            assert error.status == 422

    fuzz(tried, TEXTS)


def test_numbers() -> None:
    def tried(given: tuple[str, dict[str, Any]]) -> None:
        try:
            profile = merge_profile(NumberProfile(), given[1])
        except ValueError as error:
            assert str(error)
            return
        number = normalise(given[0], profile)
        assert len(number.raw) <= RAW_MAX
        assert (number.e164 is not None) == (number.kind == "external")

    names = st.sampled_from([*NumberProfile.__dataclass_fields__, "colour"])
    right = st.sampled_from(
        [{}, {"region": "US"}, {"outside_prefix": "0", "outside_prefix_mode": "always"}]
    )
    digits = st.text("0123456789+ ()/-.*#;,@<>%x１\u00a0", max_size=40)
    some = st.text(max_size=200) | HALVES | digits
    fuzz(tried, st.tuples(some, right | st.dictionaries(names, JSON, max_size=3)))


def test_mappings() -> None:
    rule = st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("from", "value", "when", "decode", "pick", "table"), JSON)
    )
    mapping = st.fixed_dictionaries(
        {},
        optional={
            "fields": st.dictionaries(st.sampled_from(["name", "a", "query"]), rule | JSON),
            **dict.fromkeys(("each", "require", "scope", "separator", "answers", "verify"), JSON),
        },
    )

    def tried(given: Any) -> None:
        try:
            assert isinstance(Mapping.model_validate(given), Mapping)
        except ValidationError as error:
            assert error.error_count()

    fuzz(tried, mapping | JSON)


def test_files_of_contacts() -> None:
    table = workbook({"a": [["Name", "Telefon"], ["Huber", "089 99998001"]]})
    lines = 'Name;Telefon\r\n"Jörg";08999998001\r\n'.encode("cp1252")
    card = b"BEGIN:VCARD\r\nFN;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg=\r\n\r\nTEL:1\r\nEND:VCARD\r\n"
    broken = st.tuples(
        st.sampled_from([table, lines, card]), st.integers(0, 6000), st.integers(0, 9), BODIES
    ).map(lambda cut: cut[0][: cut[1]] + cut[3] + cut[0][cut[1] + cut[2] :])

    def tried(content: bytes) -> None:
        try:
            rows = list(read_import(content).rows(NumberProfile()))
        except ImportFileError as error:
            assert error.code in FIELD_PROBLEMS
        else:
            assert all(isinstance(row, ImportedRow | Rejection) for row in rows)

    fuzz(tried, broken)
