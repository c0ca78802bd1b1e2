"""The program `softphone-onebox`: servers, services and a demo tenant on one machine."""

import asyncio
import contextlib
import errno
import signal
import socket
import sys

import httpx
from pydantic import ValidationError

from softphone_common.http.auth import Tokens
from softphone_common.process import telemetry
from softphone_common.process.settings import EXIT_BAD_SETTINGS, PREFIX, bad_addresses
from softphone_common.runtime.runner import EXIT_CRASHED, EXIT_PORT_TAKEN, finish
from softphone_onebox.box import Box
from softphone_onebox.demo import Demo, greeting
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
    if lines := bad_addresses(settings.addresses):
        _say("\n".join(lines))
        sys.exit(EXIT_BAD_SETTINGS)
    finish(_main(settings))


async def _main(settings: OneboxSettings) -> int:
    # Checked before the servers start, which takes many seconds.
    if refusal := _refusal_to_listen(settings):
        _say(refusal)
        return EXIT_PORT_TAKEN
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _say(f"{PREFIX}DATA_DIR: {settings.data_dir} can't be created: {error.strerror}")
        return EXIT_BAD_SETTINGS
    log = settings.data_dir / "softphone.log"
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    box = Box(settings, _say)
    with log.open("a") as stream:
        telemetry.configure(settings.log_level, stream)
        telemetry.bind(service="onebox")
        try:
            await box.start_servers()
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


async def _run(settings: OneboxSettings, box: Box) -> int:
    runner = await box.runner()
    running = asyncio.create_task(runner.run())
    preparing = asyncio.create_task(_prepare(settings, box))
    await asyncio.wait({running, preparing}, return_when=asyncio.FIRST_COMPLETED)
    if preparing.done() and preparing.exception() is not None:
        _say(f"The demo could not be prepared: {preparing.exception()!r}")
        runner.stop()
    code = await running
    preparing.cancel()
    await asyncio.gather(preparing, return_exceptions=True)
    return EXIT_CRASHED if not preparing.cancelled() and preparing.exception() else code


async def _prepare(settings: OneboxSettings, box: Box) -> None:
    url = f"http://localhost:{settings.port}"
    async with asyncio.timeout(_READY_SECONDS):
        await _until_ready(url)
    facts = settings.data_dir / "demo.json"
    demo = Demo(url, Tokens(box.auth_secret), facts, box.activation_key)
    _say(greeting(await demo.ensure()))


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


def _refusal_to_listen(settings: OneboxSettings) -> str | None:
    """The reason why the host and port can't be used, and the remedy."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"Port {settings.port} is taken. Stop what uses it, or choose another:"
                    f" {PREFIX}PORT=8081 make run"
                )
            address = f"{settings.host}:{settings.port}"
            return f"{PREFIX}HOST or {PREFIX}PORT: {address}: {error.strerror}"
    return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
