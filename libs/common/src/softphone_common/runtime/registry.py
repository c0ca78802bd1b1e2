"""Lists the services that are installed in this environment.

A service announces itself by an entry point in its `pyproject.toml`:

    [project.entry-points."softphone.services"]
    ingest = "softphone_ingest.service:SERVICE"

Programs, documents and tests that need all services read them from here, so that an image with one
service offers one service, and a new service appears everywhere without another list to edit.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import typer

from softphone_common.process.clock import Clock, utc_now
from softphone_common.process.settings import Settings
from softphone_common.runtime.service import Service

GROUP = "softphone.services"

S = TypeVar("S", bound=Settings)
S_contra = TypeVar("S_contra", bound=Settings, contravariant=True)


class Build(Protocol[S_contra]):
    """Constructs a service from its settings without starting any of its resources."""

    def __call__(self, settings: S_contra, /, clock: Clock = utc_now) -> Awaitable[Service]: ...


@dataclass(frozen=True)
class ServiceDefinition(Generic[S]):
    """A service as other packages use it: its name, its settings class and how to build it.

    `commands` are the sub-commands for its operators, in addition to `run`.
    """

    name: str
    settings: type[S]
    build: Build[S]
    commands: typer.Typer | None = None


def service_names() -> tuple[str, ...]:
    """The names of the installed services, sorted. No code of a service is imported."""
    return tuple(_entry_points())


def service_summary(name: str) -> str:
    """One sentence about an installed service: the description in its `pyproject.toml`."""
    distribution = _entry_points()[name].dist
    return distribution.metadata["Summary"] if distribution else ""


def load_service(name: str) -> ServiceDefinition[Any]:
    """Imports one service. Raises KeyError if it is not installed."""
    definition: ServiceDefinition[Any] = _entry_points()[name].load()
    return definition


@cache
def installed_services() -> Mapping[str, ServiceDefinition[Any]]:
    """The definitions by service name, sorted by name. Imports the code of every service."""
    return MappingProxyType({name: load_service(name) for name in service_names()})


# Cached, because it reads the metadata of every installed package.
@cache
def _entry_points() -> Mapping[str, EntryPoint]:
    entries = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return MappingProxyType({entry.name: entry for entry in entries})
