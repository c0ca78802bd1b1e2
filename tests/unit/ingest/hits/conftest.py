"""Fixtures of tests of turns."""

import pytest

from softphone_ingest.hits import tenant_shares


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns and refusals do not end by themselves, and turns follow without a pause."""
    monkeypatch.setattr(tenant_shares, "TURN_SECONDS", 600)
    monkeypatch.setattr(tenant_shares, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(tenant_shares, "REFUSAL_SECONDS", 600)
