"""Tells errors of MongoDB that pass by themselves from those that do not, by type and label."""

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from softphone_common.process.errors import PoisonError, UnavailableError
from softphone_common.stores.mongo import reaching

NO_SERVER = "No servers found yet, Topology Description: <TopologyDescription ...>"


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        ServerSelectionTimeoutError(NO_SERVER),
        NotPrimaryError("node is recovering"),
        ExecutionTimeout("operation exceeded time limit", 50),
        PyMongoError("a write the driver may retry", ["RetryableWriteError"]),
    ],
)
def test_an_error_that_passes_becomes_unavailable(error: PyMongoError) -> None:
    with pytest.raises(UnavailableError) as caught, reaching():
        raise error
    assert caught.value.resource == "MongoDB"


@pytest.mark.parametrize("text", ["bad query", "Topology of a query, by name only"])
def test_an_error_that_stays_is_not_judged_by_its_text(text: str) -> None:
    with pytest.raises(OperationFailure), reaching():
        raise OperationFailure(text, 2)


@pytest.mark.parametrize(
    "error",
    [
        DocumentTooLarge("command document too large"),
        OperationFailure("Resulting document after update is larger than 16777216", 17419),
        BulkWriteError({"writeErrors": [{"index": 0, "code": 10334, "errmsg": "too large"}]}),
    ],
)
def test_document_that_is_too_large_is_poison(error: Exception) -> None:
    with pytest.raises(PoisonError, match="too large to store"), reaching():
        raise error
