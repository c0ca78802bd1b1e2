"""Normalises the number of the other party: to E.164, or to a kind that has no E.164.

It never raises. A number in doubt is invalid, since a wrong one would show the wrong customer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.extensions import (
    PRIVATE_MAX,
    has_no_prefix,
    is_short,
    named_extension,
    trunk_extension,
)
from softphone_common.domain.numbers.notation.carrier_code import strip_carrier_code
from softphone_common.domain.numbers.notation.containers import unwrap
from softphone_common.domain.numbers.notation.countries import find_country
from softphone_common.domain.numbers.notation.decoration import extension_with_name, undecorate
from softphone_common.domain.numbers.notation.grouping import (
    has_prefix,
    is_grouped,
    is_north_american,
    numbers_behind,
)
from softphone_common.domain.numbers.notation.other_digits import is_in_address, strip_other_digits
from softphone_common.domain.numbers.placeholders import is_placeholder
from softphone_common.domain.numbers.plan import PlanNumber
from softphone_common.domain.numbers.plus_sign import mend_plus
from softphone_common.domain.numbers.profile import NumberProfile
from softphone_common.domain.numbers.several import (
    DOUBTFUL,
    first_number,
    further_numbers,
    is_complete,
    is_subscriber,
    remark_with_digits,
)
from softphone_common.domain.numbers.text import (
    Address,
    cut,
    is_plain,
    parse_address,
    split_extension,
    strip_labels,
    strip_prefix,
    to_digits,
    to_plain_text,
)
from softphone_common.domain.numbers.withheld import (
    is_withheld,
    is_withheld_behind_prefix,
    is_withheld_host,
    is_withheld_on_keypad,
)

Kind = Literal["external", "internal", "anonymous", "service", "invalid"]

RAW_MAX = 128
"""Characters of the raw text that are read and kept. Useful SIP URIs are shorter."""

_DIALABLE = re.compile(r"\+?[0-9]+")
_STAR_CODE = re.compile(r"[*#][0-9*#+]*[0-9][0-9*#+]*")
_INTERCOM = re.compile(r"\*\*[0-9]{1,3}")
_GROUPS = re.compile(r"[0-9]{1,4}(?:,[0-9]{3,4}){2,}")
"""Groups such as 212,555,0147, which are sooner one number than an extension and what it dials."""
_ENDS = re.compile(r"\s*/\s*-?[0-9]{1,4}")
_LINE_END = re.compile(r"\s*\n\s*")
"""Several line ends become one: each is a sign between numbers and a blank as well, so that an
expression had many ways through a row of them."""


@dataclass(frozen=True, slots=True)
class RemoteNumber:
    """The other party's number: as sent, in E.164 if it has one, its kind, and the form to show.

    `ext` are the digits to dial after the answer, with commas for pauses.
    """

    raw: str
    e164: str | None
    kind: Kind
    display: str
    ext: str = ""


def normalise(raw: str, profile: NumberProfile) -> RemoteNumber:
    """Reads `raw` as dialled at a tenant with this profile: the first number, if it has several.

    `raw` must not be trimmed: a blank in front of a number is what a query makes of its plus.
    """
    return _Field(raw, profile).number


def numbers_of_field(raw: str, profile: NumberProfile) -> tuple[RemoteNumber, list[str]]:
    """The number that `normalise` reads, and the E.164 numbers that the text has behind it."""
    field = _Field(raw, profile)
    return field.number, list(dict.fromkeys(field.further()))


@dataclass(frozen=True, slots=True)
class _Line:
    """The first number of a text: its digits, or letters and signs if it is no number.

    `text` is the number as it is written, `ext` the digits to dial after the answer.
    """

    digits: str
    ext: str
    text: str


class _Field:
    """A text that has a number, or several, and what programs and people put around them."""

    def __init__(self, raw: str, profile: NumberProfile) -> None:
        self._profile = profile
        # cut twice, since plain signs can be longer than those sent, and this bounds all
        # expressions
        text = _LINE_END.sub("\n", unwrap(cut(to_plain_text(cut(raw, RAW_MAX)), RAW_MAX)))
        self._raw = raw.strip()[:RAW_MAX]
        self._address = _without_other_digits(parse_address(text), profile.region)
        self._is_placeholder = is_placeholder(text.strip())
        self._first = ""
        self._abroad: _Field | None = None
        # a field is read in several ways, which meet at the number of a plain one
        self._found: dict[tuple[str, bool], PlanNumber | None] = {}
        self.number = self._in_country() or self._read(strip_labels(self._address.user))

    def further(self) -> Iterator[str]:
        """The E.164 numbers behind the first one."""
        if self._abroad is not None:
            yield from self._abroad.further()
            return
        first = self._find(self.number.e164) if self.number.e164 else None
        start = self._address.user.find(self._first)
        if first is None or start < 0:
            return
        rest = self._address.user[start + len(self._first) :]
        dialled_later = self.number.ext.split(",")
        for number in further_numbers(rest, first, dialled_later, self._find, self._first):
            extension = trunk_extension(number.e164, self._profile)
            if extension is None and number.e164 != first.e164:
                yield number.e164

    def _in_country(self) -> RemoteNumber | None:
        """The number in the country that the text names; None where it names no other country."""
        named = None if self._address.host else find_country(self._address.user, plan.is_region)
        if named is None or (named.region == self._profile.region and named.text):
            return None
        # no area code, since a local number has no country's name at it
        profile = replace(self._profile, region=named.region, area_code="")
        abroad = _Field(named.text, replace(profile, outside_prefix_mode="never"))
        number = abroad.number
        plan_number = abroad._find(number.e164 or "")
        is_own = self._profile.trunk != "" and number.kind == "internal"
        if is_own or (plan_number is not None and plan_number.is_valid):
            if named.is_certain:
                self._abroad = abroad
                return replace(number, raw=self._raw)
        elif named.text and not named.is_certain:
            return None
        # the word may be none for a country: IT is Italy or a department
        home = self._read(strip_labels(self._address.user))
        is_same = named.text != "" and home.e164 == number.e164
        return home if is_same else RemoteNumber(self._raw, None, "invalid", self._raw)

    def _read(self, user: str) -> RemoteNumber:
        number = self._interpret(user)
        if self._is_address(number):
            return RemoteNumber(self._raw, None, "invalid", self._raw)
        if number.kind != "invalid" or self._is_placeholder or self._address.host:
            return number
        return self._without_decoration(user) or number

    def _without_decoration(self, user: str) -> RemoteNumber | None:
        """The number without the words and marks around it, if it then is one complete number."""
        text, ext = split_extension(user)
        bare = undecorate(text)
        remark = remark_with_digits(bare.text + bare.behind, self._find) if bare else None
        number = self._interpret(remark.text if remark else bare.text) if bare else None
        if bare and number and number.kind == "internal" and len(bare.text) > PRIVATE_MAX:
            return replace(number, ext=ext or number.ext)  # an extension behind the own trunk
        if bare and number and number.kind == "external":
            of_plan = self._find(number.e164 or "")
            is_whole = is_complete if bare.is_doubtful else _is_valid
            is_abroad = bare.has_dash and of_plan is not None and of_plan.is_of_open_plan
            if (
                of_plan is not None
                and not self._is_address(number)
                and is_whole(of_plan)
                and not is_abroad
            ):
                return replace(number, ext=ext or number.ext)
        digits = extension_with_name(user)
        named = self._interpret(digits) if digits else None
        return named if named and named.kind in {"internal", "service"} else None

    def _is_address(self, number: RemoteNumber) -> bool:
        """Whether a number without area code may be a postcode, since there are words at it."""
        local = self._find(self._first) if number.e164 and not self._address.host else None
        return local is not None and local.is_local and is_in_address(self._address.user)

    def _interpret(self, user: str) -> RemoteNumber:
        """The number that this text is, with signs between its digits, but with no other words."""
        address, profile, raw = self._address, self._profile, self._raw
        dialled = self._line(user, self._address.lost_plus)
        outside = self._after_prefix(user)
        # numbers without E.164 are recognised before the numbering plan is asked, since it finds a
        # possible subscriber in almost any short string of digits
        if _is_withheld(address, dialled) or (
            outside and is_withheld_behind_prefix(outside.digits)
        ):
            return RemoteNumber(raw, None, "anonymous", "")
        if self._is_placeholder:
            return RemoteNumber(raw, None, "invalid", raw)
        short = _short(address, dialled, outside, profile)
        if short is not None:
            kind, display = short
            is_dialled = display == dialled.digits
            is_one_number = _GROUPS.fullmatch(f"{display},{dialled.ext}") is not None
            if is_dialled and (is_one_number or len(dialled.ext) > PRIVATE_MAX):
                return RemoteNumber(raw, None, "invalid", raw)
            return RemoteNumber(raw, None, kind, display, dialled.ext if is_dialled else "")
        return self._external(outside or dialled, has_prefix=outside is not None)

    def _line(self, text: str, lost_plus: bool = False) -> _Line:
        find = partial(self._find, lost_plus=lost_plus)
        text = mend_plus(text, self._profile.outside_prefix, find)
        if is_plain(text):
            return _Line(text.replace(" ", ""), "", text)
        main, ext = split_extension(text)
        first = remark_with_digits(text, find) or first_number(main, find)
        number = find(first.text) if ext else None
        is_behind_ends = _ENDS.fullmatch(main[len(first.text) :]) is not None
        is_line = number is not None and (is_behind_ends or is_subscriber(ext, number))
        if is_line and re.search(rf"[0-9)]\s*[,;]\s*{ext}$", text):
            ext = ""  # another line in the area of the first, which is no extension of it
        if ext and not (number and is_complete(number)) and re.search(r"[*~]\s*[0-9]+#?$", text):
            return _Line(DOUBTFUL, "", text)  # a star may also stand for digits that are masked
        return _Line(to_digits(first.text), ext or first.ext, first.text)

    def _after_prefix(self, user: str) -> _Line | None:
        """The digits after the prefix for an outside line; None where the phone shows no prefix."""
        profile = self._profile
        if profile.outside_prefix_mode == "never" or not profile.outside_prefix:
            return None
        rest = strip_prefix(user, profile.outside_prefix)
        return None if rest is None else self._line(rest)

    def _find(self, text: str, lost_plus: bool = False) -> PlanNumber | None:
        """The number of the public network that a text is, and nothing but it."""
        digits, profile = to_digits(text), self._profile
        if not _DIALABLE.fullmatch(digits):
            return None
        if (digits, lost_plus) not in self._found:
            self._found[digits, lost_plus] = plan.find_number(
                digits,
                profile.region,
                area_code=profile.area_code,
                lost_plus=lost_plus,
                plus_left_out=profile.format == "e164_without_plus",
            )
        number = self._found[digits, lost_plus]
        is_bare = number is not None and text.strip().isdecimal()
        return number if number is None or is_bare or self._is_grouped(text, number) else None

    def _is_grouped(self, text: str, number: PlanNumber) -> bool:
        """Whether the signs in a text without prefix are where this number can have them."""
        for behind in map(self._find, numbers_behind(text)):
            if behind is not None and behind.e164 != number.e164 and is_complete(behind):
                return False
        if number.is_of_open_plan and not has_prefix(text) and is_north_american(text):
            return False
        area_code = number.national - number.subscriber
        return number.is_local or is_grouped(text, number.country_code, number.national, area_code)

    def _external(self, dialled: _Line, has_prefix: bool) -> RemoteNumber:
        """A number of the public network, an extension of the own trunk, or an invalid number."""
        raw, lost_plus = self._raw, self._address.lost_plus and not has_prefix
        # by its text, whose groups of digits have to be those of the number
        is_number = _DIALABLE.fullmatch(dialled.digits) is not None
        number = self._find(dialled.text, lost_plus) if is_number else None
        if number is None:
            return RemoteNumber(raw, None, "invalid", raw)
        self._first = dialled.text
        # ANONYMOUS in keypad letters, 266696687, reads as a number of Lesotho (+266)
        if is_withheld_on_keypad(number.e164):
            return RemoteNumber(raw, None, "anonymous", "")
        ext = dialled.ext or self._address.ext
        extension = trunk_extension(number.e164, self._profile)
        if extension is not None:
            return RemoteNumber(raw, None, "internal", extension or number.display, ext)
        return RemoteNumber(raw, number.e164, "external", number.display, ext)


def _without_other_digits(address: Address, region: str) -> Address:
    """The address without dates and the like, which only people write and no program in a URI."""
    if address.host and address.user.removeprefix("+").isalnum():
        return address
    return replace(address, user=strip_other_digits(strip_carrier_code(address.user, region)))


def _is_valid(number: PlanNumber) -> bool:
    return number.is_valid


def _is_withheld(address: Address, dialled: _Line) -> bool:
    """Whether the caller is withheld. A display name decides only where there is no number."""
    if is_withheld(address.user) or is_withheld_host(address.host):
        return True
    if is_withheld_on_keypad(dialled.digits):
        return True
    has_word = address.name != "" and is_withheld(address.name)
    return has_word and not _DIALABLE.fullmatch(dialled.digits)


def _short(
    address: Address,
    dialled: _Line,
    outside: _Line | None,
    profile: NumberProfile,
) -> tuple[Kind, str] | None:
    """The kind and display of a number that is not one of the public network's subscribers.

    The order is that of certainty: emergency numbers, extensions the sender or profile names,
    services, and last the extensions that are recognised by their length alone.
    """
    digits = dialled.digits
    if _STAR_CODE.fullmatch(digits):
        return ("internal" if _INTERCOM.fullmatch(digits) else "service"), digits
    numbers = (digits, outside.digits) if outside else (digits,)
    for number in numbers:
        if plan.is_emergency(number, profile.region):
            return "service", number
    extension = named_extension(address, digits, profile)
    if extension:
        return "internal", extension
    # senders fill the field of a withheld caller with zeros
    if len(digits) > 2 and not digits.strip("+0"):
        return "anonymous", ""
    service = next(filter(None, (plan.find_service(n, profile.region) for n in numbers)), "")
    if service:
        return "service", service
    is_extension = is_short(digits, profile) and has_no_prefix(digits)
    return ("internal", digits) if is_extension else None
