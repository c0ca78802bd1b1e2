"""The logs of failures name types, codes and fields, and never the data that failed."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from bson.errors import InvalidDocument
from pydantic import BaseModel, ValidationError
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError, OperationFailure

from softphone_common.process.error_text import error_text, traceback_text
from softphone_common.process.errors import PoisonError, UnavailableError
from support.service_log import service_log

NAME, NUMBER = "Erika Mustermann", "0899"
DOCUMENT = {"name": NAME, "number": NUMBER}
DUPLICATE = {"index": 0, "code": 11000, "errmsg": f"dup key: {NAME}", "op": DOCUMENT}


class Strict(BaseModel):
    name: int


def refused() -> ValidationError:
    with pytest.raises(ValidationError) as error:
        Strict.model_validate(DOCUMENT)
    return error.value


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BulkWriteError({"writeErrors": [DUPLICATE]}), "BulkWriteError: code 11000"),
        (DuplicateKeyError(f"dup {NAME}", 11000, DUPLICATE), "DuplicateKeyError: code 11000"),
        (OperationFailure(f"bad {NAME}", 9, {"errmsg": NAME}), "OperationFailure: code 9"),
        (InvalidDocument(f"cannot encode {DOCUMENT}"), "InvalidDocument"),
        (ValueError(f"no number: {NUMBER}"), "ValueError"),
        (KeyError(NAME), "KeyError"),
        (UnicodeDecodeError("utf-8", NAME.encode(), 0, 1, "bad"), "UnicodeDecodeError"),
        (refused(), "ValidationError: name: int_parsing"),
        (AutoReconnect("127.0.0.1:27017: closed"), "AutoReconnect: 127.0.0.1:27017: closed"),
        (ConnectionRefusedError(111, "refused"), "ConnectionRefusedError: [Errno 111] refused"),
        (PoisonError("unknown type"), "PoisonError: unknown type"),
    ],
)
def test_text_of_an_error_quotes_no_data(error: Exception, text: str) -> None:
    assert error_text(error) == text


def test_unavailable_server_quotes_no_document() -> None:
    error = UnavailableError("MongoDB", BulkWriteError({"writeErrors": [DUPLICATE]}))
    assert str(error) == "MongoDB is not available: BulkWriteError: code 11000"


def failing() -> None:
    try:
        raise BulkWriteError({"writeErrors": [DUPLICATE]})
    except BulkWriteError as error:
        raise ExceptionGroup("all", [ValueError(NAME), KeyError(NUMBER)]) from error


def test_traceback_names_places_and_causes_without_data() -> None:
    with pytest.raises(ExceptionGroup) as failure:
        failing()
    text = traceback_text(failure.value)
    for word in ("in failing", "BulkWriteError: code 11000", "ValueError", "KeyError"):
        assert word in text
    assert NAME not in text
    assert NUMBER not in text


@pytest.fixture
def log_text() -> Iterator[io.StringIO]:
    with service_log("INFO") as text:
        yield text


def test_log_of_a_failure_quotes_no_data(log_text: io.StringIO) -> None:
    error = BulkWriteError({"writeErrors": [DUPLICATE]})
    structlog.get_logger().error("ours", exc_info=error)
    try:
        raise error
    except BulkWriteError:
        logging.getLogger("uvicorn").exception("of a library")
        structlog.get_logger().exception("ours again")
    entries = [json.loads(line) for line in log_text.getvalue().splitlines()]
    assert [entry["exception"].splitlines()[-1] for entry in entries] == [
        "BulkWriteError: code 11000"
    ] * 3
    assert NAME not in log_text.getvalue()
    assert NUMBER not in log_text.getvalue()
