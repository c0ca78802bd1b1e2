"""The route `/api/tenant/try-number`: how a number is read and dialled, before it is saved."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from softphone_common.contracts.entities import Tenant
from softphone_common.contracts.problem_codes import text_of
from softphone_common.domain.matching import counterpart_key
from softphone_common.domain.number_doubts import why_invalid
from softphone_common.domain.numbers.dial_format import DialFormat, fill_link, format_number
from softphone_common.domain.numbers.normalise import RAW_MAX, RemoteNumber, normalise
from softphone_common.domain.numbers.profile import (
    RANGES_MAX,
    NumberProfile,
    as_typed,
    check_count,
    check_prefix,
    check_profile,
)
from softphone_common.domain.numbers.profile_error import ProfileError
from softphone_common.http.auth import AdminCaller
from softphone_common.http.problem import ProblemError
from softphone_common.stores.rate_limit import Rate, RateLimiter
from softphone_common.stores.tenants import Tenants

Way = Literal["inbound", "outbound"]


def known_numbers(profile: NumberProfile) -> NumberProfile:
    """The profile. Raises ProfileError naming a field that is out of its range."""
    check_profile(profile)
    check_prefix(profile)
    return profile


def require_few_ranges(profile: NumberProfile, stored: NumberProfile) -> None:
    """Raises ProblemError 422 for too many ranges of extensions, unless they are stored."""
    try:
        check_count(profile.extension_ranges, stored.extension_ranges)
    except ProfileError as error:
        raise ProblemError(error.code, f"numbers.{error.field}", limit=RANGES_MAX) from None


Numbers = Annotated[NumberProfile, AfterValidator(known_numbers)]


class NumberTrial(BaseModel):
    """A number to read, and settings that are not saved yet."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=RAW_MAX, examples=["089 99998001"])
    direction: Way = Field(
        "inbound",
        description="`inbound` reads the number as a phone reports it, `outbound` as somebody types"
        " it to dial it",
    )
    numbers: Numbers | None = Field(None, description="A number profile; null: the tenant's")
    dial_spelling: DialFormat | None = Field(None, description="A spelling; null: the tenant's")


class TriedNumber(BaseModel):
    """How a number is read. `dialled` and `link` are null for a number nobody can dial.

    `own_name` is the name of an own number. `code` and `why` are the reason of an invalid number.
    """

    number: RemoteNumber
    dialled: str | None = None
    link: str | None = None
    own_name: str = ""
    code: str | None = None
    why: str | None = None


class NumberApi:
    """Tries numbers, for administrators who set up how their numbers are written."""

    def __init__(self, tenants: Tenants, limiter: RateLimiter, tries_max: int) -> None:
        self._tenants = tenants
        self._limiter = limiter
        self._tries = Rate("tries", tries_max, 60)
        self.router = APIRouter(prefix="/api/tenant", tags=["administration"])
        self.router.add_api_route("/try-number", self.try_number, methods=["POST"])

    async def try_number(self, trial: NumberTrial, caller: AdminCaller) -> TriedNumber:
        """Shows how a number is read, displayed and dialled. Nothing is stored and nobody called.

        Tries of a tenant share their rate with those of requests (`/api/devices/{device}/try`).
        """
        await self._limiter.acquire(self._tries, caller.tenant)
        tenant = self._tenants.require(caller.tenant)
        if trial.numbers is not None:
            require_few_ranges(trial.numbers, tenant.numbers)
        return tried(trial, tenant)


def tried(trial: NumberTrial, tenant: Tenant) -> TriedNumber:
    """The trial read by its own settings and, where it has none, by those of the tenant."""
    profile = trial.numbers or tenant.numbers
    if trial.direction == "outbound":
        profile = as_typed(profile)
    number = normalise(trial.number, profile)
    if number.kind == "invalid":
        code = why_invalid(trial.number, profile)
        return TriedNumber(number=number, code=code, why=text_of(code, {}))
    if number.kind == "anonymous":
        return TriedNumber(number=number)
    dialled = format_number(number, trial.dial_spelling or tenant.dial_spelling, profile)
    names = {counterpart_key(own.read(profile)): own.name for own in tenant.own_numbers}
    return TriedNumber(
        number=number,
        dialled=dialled,
        link=fill_link(tenant.dial_link, dialled, number.ext),
        own_name=names.get(counterpart_key(number), ""),
    )
