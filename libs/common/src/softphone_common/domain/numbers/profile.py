"""The number profile: how numbers are dialled and shown at one tenant or device."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from softphone_common.domain.numbers import plan
from softphone_common.domain.numbers.profile_error import ProfileError

OutsidePrefixMode = Literal["never", "always"]
Format = Literal["any", "e164_without_plus"]

RANGES_MAX = 1000
"""Ranges of extensions that a profile may have when they are saved."""

_RANGE = re.compile(r"[0-9]{1,8}(?:-[0-9]{1,8})?")


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """How numbers are dialled and shown at one tenant or device.

    - `region`: ISO 3166, such as `DE`; `area_code`: without trunk prefix, such as `89`
    - `outside_prefix`: digits for an outside line; with the mode `always` the phone also shows them
      in front of the numbers of incoming calls
    - `format`: `e164_without_plus` for senders that leave out the plus of every number
    - `trunk`: the own number without the extension, in E.164
    - extensions have up to `extension_max_len` digits; if there are `extension_ranges`, such as
      `200-299` or `4711`, only those are extensions
    """

    region: str = "DE"
    area_code: str = ""
    outside_prefix: str = ""
    outside_prefix_mode: OutsidePrefixMode = "never"
    format: Format = "any"
    trunk: str = ""
    extension_max_len: int = 4
    extension_ranges: tuple[str, ...] = ()


def check_profile(profile: NumberProfile) -> None:
    """Raises ProfileError naming a field that is out of its range."""
    if not plan.is_region(profile.region):
        raise ProfileError("region-unknown", "region")
    if not re.fullmatch(r"|[1-9][0-9]{0,5}", profile.area_code):
        raise ProfileError("area-code-invalid", "area_code")
    if not re.fullmatch(r"[0-9]{0,3}", profile.outside_prefix):
        raise ProfileError("outside-prefix-invalid", "outside_prefix")
    if not re.fullmatch(r"|\+[1-9][0-9]{3,14}", profile.trunk):
        raise ProfileError("trunk-invalid", "trunk")
    if not 0 <= profile.extension_max_len <= 8:
        raise ProfileError("extension-length-invalid", "extension_max_len")
    for item in profile.extension_ranges:
        low, _, high = item.partition("-")
        backwards = high != "" and (len(low) != len(high) or low > high)
        if backwards or not _RANGE.fullmatch(item):
            raise ProfileError("extension-range-invalid", "extension_ranges", range=item)


def check_prefix(profile: NumberProfile) -> None:
    """Raises ProfileError if phones show a prefix that the profile does not have.

    Not a part of `check_profile`, since calls must go on with a profile that was stored before.
    """
    if profile.outside_prefix_mode == "always" and not profile.outside_prefix:
        raise ProfileError("outside-prefix-missing", "outside_prefix")


def check_count(ranges: Sequence[str], stored: Sequence[str]) -> None:
    """Raises ProfileError for too many ranges of extensions, unless the same ones are stored.

    Not a part of `check_profile` either: earlier releases had no limit.
    """
    if len(ranges) > RANGES_MAX and list(ranges) != list(stored):
        raise ProfileError("extension-ranges-too-many", "extension_ranges", limit=RANGES_MAX)


def as_typed(profile: NumberProfile) -> NumberProfile:
    """The profile without the peculiarities of a phone, because people write numbers normally."""
    return replace(profile, outside_prefix_mode="never", format="any")


def merge_profile(profile: NumberProfile, changes: Mapping[str, object]) -> NumberProfile:
    """The profile with these fields replaced; values are those of JSON or TOML.

    Raises ProfileError naming a field that is unknown, of a wrong type, or out of its range.
    """
    values = {field.name: getattr(profile, field.name) for field in fields(profile)}
    for name, value in changes.items():
        if name not in values:
            raise ProfileError("profile-field-unknown", name, names=", ".join(values))
        values[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(name, values[name]):
            raise ProfileError("profile-value-invalid", name, value=repr(value))
    new = NumberProfile(**values)
    check_profile(new)
    return new


def _fits(name: str, value: object) -> bool:
    match name:
        case "outside_prefix_mode":
            return value in get_args(OutsidePrefixMode)
        case "format":
            return value in get_args(Format)
        case "extension_max_len":
            return isinstance(value, int) and not isinstance(value, bool)
        case "extension_ranges":
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case _:
            return isinstance(value, str)
