"""Documents of calls, also those that instances of two releases write during an update."""

from dataclasses import asdict

from softphone_calllog.documents import call_fields, record_of
from softphone_calllog.record import CallRecord
from softphone_common.contracts.events import CallMatched
from softphone_common.domain.call import LEGS_COUNTED, LEGS_KEPT, Call, fold
from softphone_common.domain.matching import Match
from support.observations import CALL, at, folded, observed

MATCH = Match("r1", "contact", "Erika Huber", "exact", "number +498999998001")
RECORD = CallRecord("acme", fold(Call(CALL), observed("ringing", 0)))
STORED = {**call_fields(RECORD), "rev": 1}
OF_0_1_0 = {"matches": [asdict(MATCH)], "matched_at": at(2)}


def test_matches_that_0_1_0_stored_beside_newer_fields_are_shown() -> None:
    assert record_of(STORED | OF_0_1_0).matches == (MATCH,)


def test_matches_of_a_document_of_0_1_0_are_shown() -> None:
    document = {name: value for name, value in STORED.items() if name != "lookups"}
    assert record_of(document | OF_0_1_0).matches == (MATCH,)


def test_matches_are_read_as_they_were_stored() -> None:
    message = CallMatched(
        tenant="acme", call_id=CALL, number="+498999998001", matches=(MATCH,), matched_at=at(2)
    )
    record = RECORD.apply([message])
    assert record_of({**call_fields(record), "rev": 0}) == record


def test_call_says_whether_its_number_was_looked_up() -> None:
    nobody = CallMatched(
        tenant="acme", call_id=CALL, number="+498999998001", matches=(), matched_at=at(2)
    )
    ringing = CallRecord("acme", folded(observed("ringing", 0)))
    assert (ringing.json().matched, ringing.apply([nobody]).json().matched) == (False, True)


def test_document_of_a_call_of_many_legs_has_all_of_it() -> None:
    legs = range(LEGS_KEPT + LEGS_COUNTED + 3)
    call = folded(*(observed("connected", n, f"{n:04}", device="d1") for n in legs))
    assert len(call.further) == LEGS_COUNTED
    assert call.rest is not None
    record = CallRecord("acme", call)
    assert record_of({**call_fields(record), "rev": 0}) == record
