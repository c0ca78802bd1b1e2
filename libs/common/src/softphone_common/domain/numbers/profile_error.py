"""The problems a number profile can have, by code, with their English texts."""

from collections.abc import Mapping

PROFILE_PROBLEMS: Mapping[str, str] = {
    "region-unknown": "{name} must be an ISO 3166 country, such as DE",
    "area-code-invalid": "{name} must be up to 6 digits without the zero before them",
    "outside-prefix-invalid": "{name} must be up to 3 digits",
    "trunk-invalid": "{name} must be a number in E.164, such as +498999998, or empty",
    "extension-length-invalid": "{name} must be 0 to 8",
    "extension-range-invalid": (
        "{name} cannot have {range}: it is neither an extension nor a range such as 200-299"
    ),
    "profile-field-unknown": "{name} is not one of {names}",
    "profile-value-invalid": "{name} cannot be {value}",
}
"""`name` is always the field of the profile, so that a form can show the problem at its input."""


class ProfileError(ValueError):
    """A number profile with an impossible value; the text begins with the name of its field."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(PROFILE_PROBLEMS[code].format_map(params))
        self.code = code
        self.params = params
