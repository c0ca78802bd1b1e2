"""As many files may be open as there may be connections, or the process says that it is not so."""

import resource
from collections.abc import Iterator

import pytest

from softphone_common.runtime.open_files import allow


@pytest.fixture(autouse=True)
def few() -> Iterator[None]:
    """A process that may open few files, though it might have more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_as_many_as_are_wanted_are_asked_for() -> None:
    assert allow(600)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 600


def test_none_are_given_back() -> None:
    assert allow(1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512


def test_what_the_system_refuses_is_told() -> None:
    most = 10**9
    assert allow(most) == (resource.getrlimit(resource.RLIMIT_NOFILE)[0] > most)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 512
