"""Checks the lists of numbers of a tenant before they are stored."""

from collections.abc import Sequence

from softphone_common.contracts.entities import OwnNumber
from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.http.problem import ProblemError


def check_listed_numbers(field: str, numbers: Sequence[OwnNumber], profile: NumberProfile) -> None:
    """Raises ProblemError 422 naming the first that is no number, or is listed twice."""
    keys: set[str] = set()
    for i, listed in enumerate(numbers):
        number = listed.read(profile)
        is_number = number.kind not in {"anonymous", "invalid"}
        if not is_number or counterpart_key(number) in keys:
            code = "own-number-repeated" if is_number else "own-number-unreadable"
            raise ProblemError(code, f"{field}.{i}.number", number=listed.number)
        keys.add(counterpart_key(number))
