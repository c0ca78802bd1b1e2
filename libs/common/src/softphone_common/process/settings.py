"""Settings from the environment, prefix `SOFTPHONE_`; a bad value stops the start and is named."""

import ipaddress
import os
import sys
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "SOFTPHONE_"
EXIT_BAD_SETTINGS = 2


def _networks(text: str) -> str:
    """Raises ValueError if one of them is no address and no network."""
    for part in filter(None, text.split(",")):
        ipaddress.ip_network(part.strip())
    return text


class _FileSource(PydanticBaseSettingsSource):
    """Reads `SOFTPHONE_X` from the file named by `SOFTPHONE_X_FILE`, as container secrets are."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        names = self.settings_cls.model_fields
        values = {n: self.get_field_value(f, n)[0] for n, f in names.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """What every service is told. Sizes are bytes, times are seconds unless the name says so."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    amqp_url: SecretStr = Field(
        description="RabbitMQ, amqp://user:password@host:port/vhost;"
        " of a cluster all nodes, comma-separated"
    )
    mongo_url: SecretStr = Field(description="MongoDB, mongodb://…/database")
    redis_url: SecretStr = Field(description="Redis or Valkey, redis://:password@host:port/0")
    auth_secret: SecretStr = Field(min_length=32, description="Signs and checks tokens")
    host: str = Field("0.0.0.0", description="The address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="0: any free one")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR"
    )

    body_max: int = Field(65_536, ge=1024, description="Bytes of a request or a frame")
    page_max: int = Field(200, ge=1, le=1000, description="Items of one page of a list")
    shutdown_seconds: float = Field(20, gt=0, description="Time to finish what is in hand")
    ping_seconds: float = Field(3, gt=0, description="A readiness check's own time limit")
    publish_seconds: float = Field(5, gt=0, description="The broker must confirm within this")
    heartbeat_seconds: int = Field(10, ge=1, description="Of the broker connection")
    watchdog_seconds: float = Field(2, gt=0, description="How often consumers are checked")
    queue_max: int = Field(
        500_000, ge=1, description="Messages a new work queue holds; then it refuses more"
    )
    prefetch: int = Field(500, ge=1, le=65535, description="Messages in hand at once")
    batch_size: int = Field(200, ge=1, description="Messages handled at once")
    batch_ms: float = Field(20, ge=0, description="Milliseconds a batch is waited for")
    failures_max: int = Field(20, ge=1, description="Failures in a row that pause a consumer")
    pause_seconds: float = Field(60, gt=0, description="So long; then it tries one message")
    hold_seconds: float = Field(
        600, gt=0, description="After an outage of this length messages in hand are given back"
    )
    listener_max: int = Field(10_000, ge=1, description="Messages an exclusive queue holds")
    redis_seconds: float = Field(1, gt=0, description="How long Redis may take to answer")
    redis_connections_max: int = Field(100, ge=1, description="Connections to Redis open at once")
    mirror_seconds: float = Field(60, gt=0, description="How often what is cached is read again")

    outdated_max: int = Field(
        100_000, ge=1, description="Changed users a process knows, to refuse their older tokens"
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.1,::1",
        description="Whose X-Forwarded-For and -Proto are believed: addresses or networks,"
        " comma-separated",
    )
    request_seconds: float = Field(10, gt=0, description="A request must be complete within this")
    idle_seconds: int = Field(5, ge=1, description="A connection may wait for its next request")
    header_max: int = Field(32_768, ge=1024, description="Bytes of a request before its body")
    connections_max: int = Field(10_000, ge=1, description="Connections open at once")
    connections_waiting_max: int = Field(
        1000, ge=1, description="Connections of one address whose request is not complete"
    )
    limits_wait_ms: float = Field(
        250, gt=0, description="Milliseconds Redis may take to count; then each process counts"
    )
    limits_pause_seconds: float = Field(5, gt=0, description="How long, until Redis is tried again")
    limits_max: int = Field(100_000, ge=1, description="Counts a process then keeps")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given in code come first, then the environment, then files it names."""
        return init_settings, env_settings, _FileSource(settings_cls)


S = TypeVar("S", bound=Settings)


def load(settings: type[S], **values: Any) -> S:
    """The settings, or an exit with status 2 after naming every variable that is wrong."""
    try:
        return settings(**values)
    except (ValidationError, OSError) as error:
        sys.stderr.write(f"{_explain(error)}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None


def _explain(error: ValidationError | OSError) -> str:
    if isinstance(error, OSError):
        return f"settings: a file named by a {PREFIX}..._FILE variable can't be read: {error}"
    lines = [
        f"settings: {PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}"
        for e in error.errors(include_input=False)
    ]
    return "\n".join(lines)
