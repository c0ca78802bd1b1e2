"""What the onebox is told; all of it has a default."""

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
    """Addresses that are not given are of servers the onebox starts itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    amqp_url: SecretStr | None = Field(None, description="RabbitMQ; none: one is started")
    mongo_url: SecretStr | None = Field(None, description="MongoDB; none: one is started")
    redis_url: SecretStr | None = Field(None, description="Redis; none: one is started")
    auth_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs tokens; none: one is made and kept in the data folder",
    )
    activation_public_key: str = Field(
        "", description="Checks activation codes, beside the own one; several: comma-separated"
    )
    activation_private_key: Annotated[SecretStr, AfterValidator(_readable)] | None = Field(
        None, description="Signs the demo's code; none: one is made and kept in the data folder"
    )
    host: str = Field("127.0.0.1", description="0.0.0.0 lets phones in the network in")
    port: int = Field(8080, ge=1, le=65535, description="The one port")
    data_dir: Path = Field(Path("data"), description="Where everything is kept")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Of softphone.log"
    )
