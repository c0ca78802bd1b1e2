"""Settings from environment variables with the prefix `SOFTPHONE_`.

A bad value ends the process before it starts anything, and the message names the variable.
"""

import ipaddress
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from softphone_common.process.ed25519 import decode_public_keys
from softphone_common.process.host_names import host_names

PREFIX = "SOFTPHONE_"
EXIT_BAD_SETTINGS = 2
WITHDRAWN = {
    "auth_secret": "is withdrawn: SOFTPHONE_TOKEN_SIGNING_KEY signs tokens now. Devices sealed with"
    " the secret stay readable if it is the last of SOFTPHONE_SEALING_KEYS. Remove the variable",
    "sweep_hour": "is withdrawn: the sweep begins at 02:00 in the time zone of each tenant and"
    " can't be moved. Remove the variable",
}
"""Settings of earlier versions. To ignore one would be to do something else than it says."""

_ADDRESSES = {
    "amqp_url": (("amqp", "amqps"), "amqp://user:password@host:5672/vhost"),
    "mongo_url": (("mongodb", "mongodb+srv"), "mongodb://host:27017/database"),
    "redis_url": (("redis", "rediss", "unix"), "redis://:password@host:6379/0"),
}
"""Schemes and an example of each server's address."""


def bad_addresses(addresses: Mapping[str, SecretStr | None]) -> list[str]:
    """One line for each setting that is no address of its server, without its value.

    The client libraries find the same mistakes, but late, without the setting's name, or never.
    """
    lines = []
    for name, (schemes, example) in _ADDRESSES.items():
        value = addresses.get(name)
        if value is None:
            continue
        text = value.get_secret_value()
        # only RabbitMQ's is a list of whole addresses; MongoDB lists its hosts inside of one
        parts = text.split(",") if name == "amqp_url" else [text]
        if not all(_is_address(part.strip(), schemes) for part in parts):
            lines.append(f"{PREFIX}{name.upper()}: is not an address like {example}")
    return lines


def _is_address(text: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.netloc or parts.scheme == "unix")


def _networks(text: str) -> str:
    """Raises ValueError if a part is neither an address nor a network."""
    for part in filter(None, text.split(",")):
        ipaddress.ip_network(part.strip())
    return text


def _public_keys(text: str) -> str:
    """Raises ValueError if a part is no key, or if there is none."""
    if not decode_public_keys(text):
        raise ValueError("has no key")
    return text


def _hosts(text: str) -> str:
    return ",".join(host_names(text))


class _FileSource(PydanticBaseSettingsSource):
    """Reads `SOFTPHONE_X` from the file that `SOFTPHONE_X_FILE` names: container engines hand
    secrets to a process as files."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(variable)
        try:
            return (Path(path).read_text().strip() if path else None), field_name, False
        except OSError as error:
            why = f"{variable} names a file that can't be read: {error.strerror}"
            raise OSError(error.errno, why, path) from error

    def __call__(self) -> dict[str, Any]:
        names = self.settings_cls.model_fields
        values = {n: self.get_field_value(f, n)[0] for n, f in names.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """The settings all services have. Sizes are bytes; times are seconds, or as the name says."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    amqp_url: SecretStr = Field(
        description="Address of RabbitMQ, amqp://user:password@host:port/vhost;"
        " for a cluster the addresses of all nodes, comma-separated"
    )
    mongo_url: SecretStr = Field(description="Address of MongoDB, mongodb://…/database")
    redis_url: SecretStr = Field(
        description="Address of Redis or Valkey, redis://:password@host:port/0"
    )
    token_public_keys: Annotated[str, AfterValidator(_public_keys)] = Field(
        description="Public keys (Ed25519, base64url) that check the tokens of users,"
        " comma-separated: two while the key is rotated"
    )
    host: str = Field(
        "0.0.0.0",
        description="Address the HTTP server listens on; `::` is all addresses of IPv6 and IPv4",
    )
    port: int = Field(
        8080, ge=0, le=65535, description="Port the HTTP server listens on; 0 takes any free one"
    )
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        "",
        description="Names under which clients call this service, comma-separated; addresses and"
        " localhost always count. Empty: any name, for services behind a gateway that checks it",
    )
    metrics_host: str = Field("127.0.0.1", description="Address SOFTPHONE_METRICS_PORT listens on")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port of /metrics alone; without it /metrics is on the port of everything else",
    )
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Lowest level that is logged: DEBUG, INFO, WARNING or ERROR",
    )

    body_max: int = Field(
        65_536, ge=1024, description="Bytes of a request's body or of a websocket frame"
    )
    page_max: int = Field(200, ge=1, le=1000, description="Items a page of a list may have")
    shutdown_seconds: float = Field(
        20, gt=0, description="Seconds a stopping service may take to finish its current work"
    )
    ping_seconds: float = Field(
        3, gt=0, description="Seconds each server may take to answer a readiness check"
    )
    publish_seconds: float = Field(
        5, gt=0, description="Seconds within which RabbitMQ must confirm a message"
    )
    heartbeat_seconds: int = Field(
        10, ge=1, description="Seconds between heartbeats on a connection to RabbitMQ"
    )
    watchdog_seconds: float = Field(
        2, gt=0, description="Seconds between checks that RabbitMQ still has all consumers"
    )
    queue_max: int = Field(
        500_000, ge=1, description="Messages a new work queue holds before it refuses more"
    )
    declare_topology: bool = Field(
        True,
        description="Whether the service declares all exchanges and queues of RabbitMQ; if not, its"
        " user needs no right to, and it waits until `softphone setup` has declared them",
    )
    prefetch: int = Field(
        500, ge=1, le=65535, description="Unacknowledged messages a consumer may have"
    )
    batch_size: int = Field(200, ge=1, description="Messages a consumer handles in one batch")
    batch_ms: float = Field(
        20, ge=0, description="Milliseconds a consumer waits for a batch to become complete"
    )
    failures_max: int = Field(
        20, ge=1, description="Failures in a row after which a consumer pauses"
    )
    pause_seconds: float = Field(
        60,
        gt=0,
        description="Seconds a consumer pauses after SOFTPHONE_FAILURES_MAX failures in a row",
    )
    hold_seconds: float = Field(
        600,
        gt=0,
        description="Seconds of an outage or pause after which a consumer gives its messages back",
    )
    listener_max: int = Field(
        10_000, ge=1, description="Messages the queue of one instance holds before it reconnects"
    )
    redis_seconds: float = Field(1, gt=0, description="Seconds Redis may take to answer a command")
    redis_connections_max: int = Field(
        100, ge=1, description="Connections to Redis a process may have"
    )
    mirror_seconds: float = Field(
        60, gt=0, description="Seconds after which cached collections are read again"
    )

    outdated_max: int = Field(
        100_000,
        ge=1,
        description="Changed users and ended sessions together that a process remembers, to refuse"
        " their tokens",
    )
    audit_waiting_max: int = Field(
        1000,
        ge=1,
        description="Security events that wait in memory while RabbitMQ is away; beyond them the"
        " oldest are in the log only",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1",
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted:"
        " addresses or networks, comma-separated",
    )
    request_seconds: float = Field(
        10, gt=0, description="Seconds within which a request must be complete"
    )
    idle_seconds: int = Field(
        5, ge=1, description="Seconds a connection may wait for its next request"
    )
    header_max: int = Field(
        32_768, ge=1024, description="Bytes of a request's line and headers together"
    )
    connections_max: int = Field(
        10_000, ge=1, description="HTTP connections a process may have open"
    )
    connections_waiting_max: int = Field(
        1000, ge=1, description="Connections of one network whose request is not complete yet"
    )
    writes_max: int = Field(
        600,
        ge=1,
        description="Requests that change something a user may send in a minute;"
        " all users of a tenant together may send ten times as many",
    )
    reads_max: int = Field(
        600, ge=1, description="Requests that change nothing a user may send in a minute"
    )
    wrong_keys_max: int = Field(
        20,
        ge=1,
        description="Requests with a wrong key in their path that one address may send in a minute",
    )
    limits_wait_ms: float = Field(
        250,
        gt=0,
        description="Milliseconds Redis may take to count a request against a rate limit;"
        " after that each process counts alone",
    )
    limits_pause_seconds: float = Field(
        5, gt=0, description="Seconds each process counts alone before it tries Redis again"
    )
    limits_max: int = Field(
        100_000, ge=1, description="Rate limit counters a process keeps while it counts alone"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values passed in code come first, then variables, then files that variables name."""
        return init_settings, env_settings, _FileSource(settings_cls)


S = TypeVar("S", bound=Settings)


def load(settings: type[S], **values: Any) -> S:
    """Loads the settings, or names every bad variable and exits with status 2."""
    if lines := withdrawn_settings():
        sys.stderr.write("".join(f"settings: {line}\n" for line in lines))
        raise SystemExit(EXIT_BAD_SETTINGS)
    try:
        loaded = settings(**values)
    except (ValidationError, OSError, SettingsError) as error:
        sys.stderr.write(f"{_explain(error)}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None
    if lines := bad_addresses({name: getattr(loaded, name) for name in _ADDRESSES}):
        sys.stderr.write("".join(f"settings: {line}\n" for line in lines))
        raise SystemExit(EXIT_BAD_SETTINGS)
    return loaded


def withdrawn_settings() -> list[str]:
    """One line for each variable that is set and was withdrawn, in any case, as all are read."""
    return [
        f"{variable} {why}"
        for name, why in WITHDRAWN.items()
        for variable in os.environ
        if variable.upper() in {f"{PREFIX}{name.upper()}", f"{PREFIX}{name.upper()}_FILE"}
    ]


def _explain(error: ValidationError | OSError | SettingsError) -> str:
    if isinstance(error, OSError):
        return f"settings: {error.strerror}: {error.filename}"
    if isinstance(error, SettingsError):
        return f'settings: {error}; lists are JSON, such as ["https://a.example"]'
    lines = [
        f"settings: {PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}"
        for e in error.errors(include_input=False)
    ]
    return "\n".join(lines)
