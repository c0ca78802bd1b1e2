"""The settings of the onebox. All have a default."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from softphone_common.process.settings import PREFIX
from softphone_ingest.tenants.activation import decode_private_key


def _readable(key: SecretStr) -> SecretStr:
    decode_private_key(key.get_secret_value())
    return key


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
    auth_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs tokens; by default a secret is created in the data folder",
    )
    activation_public_key: str = Field(
        "",
        description="Further public keys of activation codes, comma-separated",
    )
    activation_private_key: Annotated[SecretStr, AfterValidator(_readable)] | None = Field(
        None,
        description="Signs the demo's activation code; by default a key is created",
    )
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on; 0.0.0.0 admits phones in the network",
    )
    port: int = Field(8080, ge=1, le=65535, description="Port of page, API, websocket and hits")
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
