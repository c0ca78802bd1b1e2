"""Observations and calls for tests of the domain."""

from datetime import UTC, datetime, timedelta

from softphone_common.domain.call import (
    Call,
    Direction,
    Identity,
    Observation,
    Phase,
    fold_all,
)
from softphone_common.domain.call_view import CallView, view
from softphone_common.domain.numbers.normalise import RemoteNumber

CALL = "6f9619ff-8b86-5d01-b42d-00cf4fc964ff"
CALLER = RemoteNumber("089 99998001", "+498999998001", "external", "+49 89 99998001")
OTHER_CALLER = RemoteNumber("030 23125001", "+493023125001", "external", "+49 30 23125001")
WITHHELD = RemoteNumber("anonymous", None, "anonymous", "")


def at(seconds: float) -> datetime:
    """The time this many seconds after the one at which all calls of the tests begin."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=seconds)


def observed(
    phase: Phase,
    seconds: float,
    extension: str = "21",
    *,
    remote: RemoteNumber | None = CALLER,
    direction: Direction | None = None,
    name: str = "",
    reason: str = "",
    talk_seconds: int | None = None,
    external_id: str = "",
    identity: Identity = "phone",
    device: str = "",
) -> Observation:
    """An observation of the one call of the tests."""
    return Observation(
        call_id=CALL,
        phase=phase,
        extension=extension,
        remote=remote,
        at=at(seconds),
        direction=direction,
        name=name,
        reason=reason,
        talk_seconds=talk_seconds,
        external_id=external_id,
        identity=identity,
        device=device,
    )


def folded(*observations: Observation) -> Call:
    """The call these observations fold to."""
    return fold_all(Call(CALL), observations)


def seen(*observations: Observation) -> CallView:
    """The call of these observations as seen from outside."""
    return view(folded(*observations))
