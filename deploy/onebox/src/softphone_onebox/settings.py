"""What the onebox is told; all of it has a default."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from softphone_common.settings import PREFIX


class OneboxSettings(BaseSettings):
    """Addresses that are not given are of servers the onebox starts itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    amqp_url: SecretStr | None = None
    mongo_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    auth_secret: SecretStr | None = Field(None, min_length=32)
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    data_dir: Path = Path("data")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
