"""Checks the own numbers of a tenant before they are stored."""

from collections.abc import Sequence

from softphone_common.contracts.entities import OwnNumber
from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.problem import ProblemError


def check_own_numbers(own_numbers: Sequence[OwnNumber], profile: NumberProfile) -> None:
    """Raises ProblemError 422 naming the first that is no number, or is listed twice."""
    keys: set[str] = set()
    for i, own in enumerate(own_numbers):
        number = own.read(profile)
        is_number = number.kind not in {"anonymous", "invalid"}
        if not is_number or counterpart_key(number) in keys:
            code = "own-number-repeated" if is_number else "own-number-unreadable"
            raise ProblemError(code, f"own_numbers.{i}.number", number=own.number)
        keys.add(counterpart_key(number))
