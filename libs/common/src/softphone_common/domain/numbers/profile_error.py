"""The problems a number profile can have, by code, with their English texts."""

from collections.abc import Mapping

PROFILE_PROBLEMS: Mapping[str, str] = {
    "region-unknown": "region must be an ISO 3166 country, such as DE",
    "area-code-invalid": "area_code must be up to 6 digits without the zero before them",
    "outside-prefix-invalid": "outside_prefix must be up to 3 digits",
    "trunk-invalid": "trunk must be a number in E.164, such as +498999998, or empty",
    "extension-length-invalid": "extension_max_len must be 0 to 8",
    "extension-range-invalid": (
        "extension_ranges: {range} is neither an extension nor a range such as 200-299"
    ),
    "profile-field-unknown": "{name} is not one of {names}",
    "profile-value-invalid": "{name} cannot be {value}",
}


class ProfileError(ValueError):
    """A number profile that cannot be; the text begins with the name of its field."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(PROFILE_PROBLEMS[code].format_map(params))
        self.code = code
        self.params = params
