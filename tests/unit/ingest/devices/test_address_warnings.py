"""An administrator is warned of an address that the sender cannot reach."""

import pytest

from softphone_ingest.devices.setup_urls import AddressWarning, address_warning
from softphone_ingest.mapping.presets.preset import load_all

PRESETS = load_all()


@pytest.mark.parametrize(
    ("preset", "public", "is_set", "warning"),
    [
        ("snom", "http://localhost:8080", False, "loopback"),
        ("snom", "http://127.0.0.1:8080", True, "loopback"),
        ("snom", "http://[::1]:8080", True, "loopback"),
        ("sipgate", "https://localhost", True, "loopback"),
        ("sipgate", "http://box.example", True, "unencrypted"),
        ("sipgate", "https://box.example", True, None),
        ("snom", "http://box.example:8080", True, None),
        ("snom", "http://192.0.2.7:8080", False, "unset"),
    ],
)
def test_address_a_sender_cannot_reach_is_named(
    preset: str, public: str, is_set: bool, warning: AddressWarning | None
) -> None:
    assert address_warning(PRESETS[preset], public, is_set=is_set) == warning
