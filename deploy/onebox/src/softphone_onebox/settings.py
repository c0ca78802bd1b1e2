"""The settings of the onebox. All have a default."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from softphone_common.process.ed25519 import decode_private_key, decode_public_keys
from softphone_common.process.host_names import host_names
from softphone_common.process.sealing import sealing_keys
from softphone_common.process.settings import PREFIX


def _readable(key: SecretStr) -> SecretStr:
    decode_private_key(key.get_secret_value())
    return key


def _public(keys: str) -> str:
    decode_public_keys(keys)
    return keys


def _sealing(keys: SecretStr) -> SecretStr:
    sealing_keys(keys.get_secret_value())
    return keys


def _hosts(names: str) -> str:
    return ",".join(host_names(names))


class OneboxSettings(BaseSettings):
    """Settings from the environment. The onebox starts the servers whose address is missing."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    amqp_url: SecretStr | None = Field(
        None, description="RabbitMQ; by default the onebox starts one"
    )
    mongo_url: SecretStr | None = Field(
        None, description="MongoDB; by default the onebox starts one"
    )
    redis_url: SecretStr | None = Field(None, description="Redis; by default the onebox starts one")
    token_signing_key: Annotated[SecretStr, AfterValidator(_readable)] | None = Field(
        None, description="Signs tokens; by default a key is created in the data folder"
    )
    token_public_keys: Annotated[str, AfterValidator(_public)] = Field(
        "", description="Further public keys that check tokens, comma-separated"
    )
    sealing_keys: Annotated[SecretStr, AfterValidator(_sealing)] | None = Field(
        None,
        description="Encrypt the keys and secrets of devices, comma-separated;"
        " by default a key is created in the data folder",
    )
    activation_public_key: str = Field(
        "",
        description="Further public keys of activation codes, comma-separated",
    )
    activation_private_key: Annotated[SecretStr, AfterValidator(_readable)] | None = Field(
        None,
        description="Signs the demo's activation code; by default each start uses a key of its own",
    )
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; 0.0.0.0 admits phones in the network",
    )
    port: int = Field(8080, ge=1, le=65535, description="Port of page, API, websocket and hits")
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        "",
        description="Further names under which browsers and phones reach the onebox,"
        " comma-separated; addresses, localhost and the name of this machine always count",
    )
    public_url: str = Field(
        "", description="The address phones reach the onebox at, as https://host; its name counts"
    )
    metrics_host: str = Field("127.0.0.1", description="Address SOFTPHONE_METRICS_PORT listens on")
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port of /metrics alone; by default 9464 if SOFTPHONE_HOST admits other"
        " machines, and otherwise the port of everything else",
    )
    user: str | None = Field(
        None,
        min_length=1,
        description="User to change to when root starts the onebox; without a user root may listen"
        " on loopback only",
    )
    demo: bool = Field(
        True,
        description="Whether the first start creates the demo tenant; without it the onebox is"
        " empty, and prints the address and code of its setup",
    )
    data_dir: Path = Field(Path("data"), description="Folder of all data, keys and logs")
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Lowest level in softphone.log",
    )

    @property
    def addresses(self) -> dict[str, SecretStr | None]:
        """The addresses of the servers by the names of their settings; None is started here."""
        return {
            "amqp_url": self.amqp_url,
            "mongo_url": self.mongo_url,
            "redis_url": self.redis_url,
        }
