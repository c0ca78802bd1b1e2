"""The command `softphone setup`: prepares RabbitMQ and MongoDB for services with few rights.

Declares all exchanges and queues, and creates a role and a user of MongoDB for each service. The
command can be repeated, and has to be before a new release of the services starts. Exit codes: 0
for success, 1 if a server did not answer or refused, 2 for wrong settings.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated, NoReturn

from pydantic import AfterValidator, Field, SecretStr
from pymongo.errors import PyMongoError

from softphone_common.bus.aiormq_compat import BROKEN, connection_errors
from softphone_common.bus.rabbitmq import RabbitConnection
from softphone_common.process.errors import UnavailableError
from softphone_common.process.settings import Settings, load
from softphone_common.roles.broker import SERVICES
from softphone_common.roles.database import grant
from softphone_common.stores.mongo import Mongo

EXIT_FAILED = 1
PASSWORD_MIN = 16


def _readable(passwords: SecretStr) -> SecretStr:
    passwords_of(passwords)
    return passwords


class SetupSettings(Settings):
    """The addresses name users who may declare and who may create roles."""

    mongo_passwords: Annotated[SecretStr, AfterValidator(_readable)] = Field(
        description="The passwords of the services' users in MongoDB: service:password,"
        " comma-separated",
    )
    redis_url: SecretStr = Field(SecretStr("redis://localhost"), description="Not used")
    token_public_keys: str = Field("", description="Not used")


def passwords_of(text: SecretStr) -> Mapping[str, str]:
    """The password of each service. Raises ValueError if one is missing, short or of nobody."""
    pairs = (part.strip().partition(":") for part in text.get_secret_value().split(","))
    passwords = {service: password for service, _, password in pairs}
    if set(passwords) != set(SERVICES):
        raise ValueError(f"must have a password for each of {', '.join(SERVICES)}")
    if any(len(password) < PASSWORD_MIN for password in passwords.values()):
        raise ValueError(f"has a password of fewer than {PASSWORD_MIN} characters")
    return passwords


def run_setup() -> NoReturn:
    """Reads the settings from the environment, prepares both servers and ends the process."""
    settings = load(SetupSettings)
    try:
        asyncio.run(prepare(settings))
    except UnavailableError as error:
        sys.stderr.write(f"setup: {error}\n")
        sys.exit(EXIT_FAILED)
    except PyMongoError as error:
        sys.stderr.write(f"setup: MongoDB refuses: {error}\n")
        sys.exit(EXIT_FAILED)
    sys.exit(0)


async def prepare(settings: SetupSettings) -> None:
    """Prepares both servers. Raises UnavailableError or PyMongoError."""
    await declare_topology(settings)
    mongo = Mongo(settings, {})
    try:
        await grant(mongo.database, passwords_of(settings.mongo_passwords))
    finally:
        await mongo.stop()


async def declare_topology(settings: Settings) -> None:
    """Declares everything at the first node that answers. Raises UnavailableError."""
    failure: Exception | None = None
    for url in settings.amqp_url.get_secret_value().split(","):
        try:
            with connection_errors():
                connection = await RabbitConnection.connect(
                    url.strip(),
                    "setup",
                    seconds=settings.publish_seconds,
                    heartbeat=settings.heartbeat_seconds,
                    prefetch=settings.prefetch,
                    queue_max=settings.queue_max,
                )
        except BROKEN as error:
            failure = error
        else:
            await connection.close(settings.publish_seconds)
            return
    raise UnavailableError("RabbitMQ", failure or "no address")
