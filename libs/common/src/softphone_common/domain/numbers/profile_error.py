"""The problems a number profile can have, by code, with their English texts."""

from collections.abc import Mapping

PROFILE_PROBLEMS: Mapping[str, str] = {
    "region-unknown": "must be an ISO 3166 country, such as DE",
    "area-code-invalid": "must be up to 6 digits without the zero before them",
    "outside-prefix-invalid": "must be up to 3 digits",
    "outside-prefix-missing": "is missing: the mode `always` needs the digits in front of numbers",
    "trunk-invalid": "must be a number in E.164, such as +498999998, or empty",
    "extension-length-invalid": "must be 0 to 8",
    "extension-range-invalid": (
        "cannot have {range}: it is neither an extension nor a range such as 200-299"
    ),
    "extension-ranges-too-many": "has more than {limit} ranges",
    "profile-field-unknown": "is not one of {names}",
    "profile-value-invalid": "cannot be {value}",
}
"""The text goes on from the name of the field."""


class ProfileError(ValueError):
    """A number profile with an impossible value; the text begins with the name of its field."""

    def __init__(self, code: str, field: str, **params: str | int) -> None:
        self.code = code
        self.field = field
        self.params = params
        self.why = PROFILE_PROBLEMS[code].format_map(params)
        super().__init__(f"{self.field} {self.why}")
