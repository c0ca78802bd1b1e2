"""The program `softphone-onebox`: servers, services and a demo tenant on one machine."""

import asyncio
import contextlib
import errno
import os
import signal
import sys
from pathlib import Path

import httpx
from pydantic import ValidationError

from softphone_common.http.auth import TokenIssuer
from softphone_common.process import telemetry
from softphone_common.process.host_names import host_and_port
from softphone_common.process.settings import (
    EXIT_BAD_SETTINGS,
    PREFIX,
    bad_addresses,
    withdrawn_settings,
)
from softphone_common.runtime.http_server import bind
from softphone_common.runtime.runner import EXIT_CRASHED, EXIT_PORT_TAKEN, finish
from softphone_onebox.box import Box
from softphone_onebox.demo import Demo, greeting
from softphone_onebox.exposure import base_url, become, refusal_of_root
from softphone_onebox.settings import OneboxSettings
from softphone_testing.servers.child import ServerError

_READY_SECONDS = 60.0


def main() -> None:
    """Runs until Ctrl-C or SIGTERM, and then stops the servers it has started."""
    try:
        settings = OneboxSettings()
    except ValidationError as error:
        for e in error.errors(include_input=False):
            _say(f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}")
        sys.exit(EXIT_BAD_SETTINGS)
    if lines := withdrawn_settings() + bad_addresses(settings.addresses):
        _say("\n".join(lines))
        sys.exit(EXIT_BAD_SETTINGS)
    if refusal := _refusal_of_user(settings):
        _say(refusal)
        sys.exit(EXIT_BAD_SETTINGS)
    finish(_main(settings))


def _refusal_of_user(settings: OneboxSettings) -> str | None:
    """Changes to the user of the settings. Returns the reason why this process may not go on."""
    is_root = os.geteuid() == 0
    if settings.user is not None and is_root:
        return become(settings.user, settings.data_dir)
    return refusal_of_root(settings, is_root=is_root)


async def _main(settings: OneboxSettings) -> int:
    # Checked before the servers start, which takes many seconds.
    if refusal := _refusal_to_listen(settings):
        _say(refusal)
        return EXIT_PORT_TAKEN
    try:
        log = private_log(settings.data_dir)
    except OSError as error:
        _say(f"{PREFIX}DATA_DIR: {settings.data_dir} can't be used: {error.strerror}")
        return EXIT_BAD_SETTINGS
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    box = Box(settings, _say)
    if notice := box.keys.notice:
        _say(notice)
    with log.open("a") as stream:
        telemetry.configure(settings.log_level, stream)
        telemetry.bind(service="onebox")
        try:
            await box.start_servers()
            await box.reseal()
            return await _run(settings, box)
        except ServerError as error:
            _say(str(error))
            return EXIT_CRASHED
        except asyncio.CancelledError:
            return 0
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                # A second Ctrl-C must not interrupt the servers while they write to disk.
                loop.add_signal_handler(number, lambda: None)
            await box.stop_servers()


def private_log(folder: Path) -> Path:
    """The log in the data folder, both for this user only. Raises OSError.

    A folder that exists keeps its mode, since it may be anybody's; what is in it is private.
    """
    os.umask(0o077)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "softphone.log"
    log.touch(mode=0o600)
    log.chmod(0o600)  # earlier releases made it readable for everybody
    return log


async def _run(settings: OneboxSettings, box: Box) -> int:
    runner = await box.runner()
    running = asyncio.create_task(runner.run())
    preparing = asyncio.create_task(_prepare(settings, box))
    await asyncio.wait({running, preparing}, return_when=asyncio.FIRST_COMPLETED)
    if preparing.done() and preparing.exception() is not None:
        _say(f"The onebox could not be prepared: {preparing.exception()!r}")
        runner.stop()
    code = await running
    preparing.cancel()
    await asyncio.gather(preparing, return_exceptions=True)
    return EXIT_CRASHED if not preparing.cancelled() and preparing.exception() else code


async def _prepare(settings: OneboxSettings, box: Box) -> None:
    url = base_url(settings)
    async with asyncio.timeout(_READY_SECONDS):
        await _until_ready(url)
    if (code := box.keys.setup_code) is not None:
        _say(await invitation(url, code.get_secret_value()))
        return
    facts = settings.data_dir / "demo.json"
    demo = Demo(url, TokenIssuer(box.keys.token_signing), facts, box.keys.activation)
    _say(greeting(await demo.ensure()))


async def invitation(url: str, code: str) -> str:
    """The last line of the start: where to set the installation up, or where it runs.

    The code is in the fragment, which a browser sends to no server and writes into no log.
    """
    async with httpx.AsyncClient(base_url=url) as client:
        state = (await client.get("/api/setup")).raise_for_status().json()
    if state["needed"]:
        return f"Set up your Softphone Connector: {url}/setup#{code}"
    return f"Softphone Connector runs on {url}"


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


def _refusal_to_listen(settings: OneboxSettings) -> str | None:
    """The reason why the host and port can't be used, and the remedy."""
    with contextlib.ExitStack() as opened:
        try:
            bind(settings.host, settings.port, opened)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"Port {settings.port} is taken. Stop what uses it, or choose another:"
                    f" {PREFIX}PORT=8081 make run"
                )
            address = host_and_port(settings.host, settings.port)
            return f"{PREFIX}HOST or {PREFIX}PORT: {address}: {error.strerror}"
    return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
