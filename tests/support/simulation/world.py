"""One simulated run: phones call, faults happen, everything heals, the invariants are checked."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from softphone_calllog.calls import MongoCallStore
from softphone_calllog.comments import NO_COMMENTS
from softphone_calllog.search.filter import CallFilter
from softphone_common.bus.envelope import pack
from softphone_common.contracts.call import CallJson
from softphone_common.contracts.catalogue import EXCHANGE
from softphone_common.contracts.commands import CleanUpRequested
from softphone_common.http.problem import ProblemError
from softphone_common.process.errors import UnavailableError
from softphone_ingest.mapping.request import HitRequest
from support.simulation.browser import Browser, Json
from support.simulation.follower import Follower
from support.simulation.instances import KINDS, Instance
from support.simulation.invariants import check
from support.simulation.loop import Process, SimulationLoop
from support.simulation.servers import BEGIN, EXTENSIONS, TENANT_ID, Servers

URL = "https://connector.example.de/hit/key"
_NUMBERS = ("08999998001", "08999998002")
_QUEUES = ("calllog.call", "matcher.call", "calllog.clean-up")
_DRAIN_SECONDS = 1200
_SETTLE_SECONDS = 200
"""The page reads the list again within this time."""
_SWEEP_RATE = 0.1
"""How often a sweep begins with a hit: it must not hide a call that the hit makes complete."""
_JSON = TypeAdapter(CallJson)


class World:
    """The servers, the instances that run now, and who uses them."""

    def __init__(self, loop: SimulationLoop, folder: Path) -> None:
        self.loop = loop
        self.random = loop.random
        self.servers = Servers(loop, folder)
        self.instances: list[Instance] = []
        self.faults: list[str] = []
        self._numbers = 0
        self._log = MongoCallStore({"calls": self.servers.calls})  # type: ignore[arg-type]
        self.browsers = [Browser(f"u{e}", e, self._reader(e)) for e in EXTENSIONS]
        self.followers = {f"u{e}": Follower(f"u{e}", e) for e in EXTENSIONS}

    async def run(self) -> None:
        """The whole run, from the first start to the check."""
        servers = self.servers
        await servers.fill()
        ticks = self.loop.create_task(self._tick())
        for kind in KINDS:
            for _ in range(self.random.choice((1, 1, 2))):
                self.start(kind)
        surfing = [self.loop.create_task(self._surf(browser)) for browser in self.browsers]
        phones = [self._call(number) for number in range(self.random.randint(1, 4))]
        await asyncio.gather(self._disturb(), *phones)
        await self._heal()
        await asyncio.sleep(_SETTLE_SECONDS)
        for task in (ticks, *surfing):
            if task.done():
                task.result()
        fresh = {browser.user: await browser.read() for browser in self.browsers}
        check(servers, self.instances, self.browsers, self.followers.values(), fresh)

    def start(self, kind: str) -> Instance:
        """Starts one more instance of a service."""
        self._numbers += 1
        instance = KINDS[kind](self.servers, self._numbers)
        self.instances.append(instance)
        return instance

    def of(self, kind: str) -> list[Instance]:
        """The instances of a service that serve."""
        return [
            each
            for each in self.instances
            if each.service == kind and each.is_ready and each.process.is_alive
        ]

    def _reader(self, extension: str) -> Any:
        async def read() -> list[Json]:
            filter_ = CallFilter(TENANT_ID, extensions=frozenset({extension}))
            page = await self._log.list_calls(filter_, None, 100)
            return [
                _JSON.dump_python(record.json(NO_COMMENTS, frozenset(EXTENSIONS)), mode="json")
                for record in page.items
            ]

        return read

    async def _tick(self) -> None:
        """Lets time pass for messages that wait for their next try."""
        while True:
            await asyncio.sleep(0.5)
            self.servers.broker.advance(0.5)

    async def _surf(self, browser: Browser) -> None:
        """Keeps a browser connected to one of the notifiers."""
        browser.start()
        while True:
            if notifiers := self.of("notifier"):
                await self._connect(browser, self.random.choice(notifiers))
            await asyncio.sleep(self.random.choice((0.1, 1, 3)))

    async def _connect(self, browser: Browser, notifier: Any) -> None:
        """Serves the browser until the notifier dies, the socket closes or the browser leaves."""
        is_open = True

        def on_frame(frame: Json) -> None:
            if is_open:
                browser.take(frame)
                self.followers[browser.user].take(frame, self.loop.time())

        served = notifier.run(notifier.serve(browser.user, browser.seen, on_frame))
        patience = None if self.random.random() < 0.5 else self.random.uniform(1, 60)
        await asyncio.wait(
            {served, notifier.killed}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
        )
        is_open = False
        served.cancel()

    async def _call(self, number: int) -> None:
        """One call as its phones report it; reports may come twice, and at the same time."""
        source = self.random
        await asyncio.sleep(source.uniform(0, 20))
        phases = source.choice(
            (
                ("ringing", "connected", "ended"),
                ("ringing", "missed"),
                ("dialed", "connected"),
                ("dialed", "connected", "ended"),
                ("ringing", "ended"),
                ("ringing",),
            )
        )
        extension, remote = source.choice(EXTENSIONS), source.choice(_NUMBERS)
        sent = []
        for phase in phases:
            path = f"/{phase}?extension={extension}&number={remote}&call_id=call-{number}"
            for _ in range(source.choice((1, 1, 1, 2))):
                sent.append(self.loop.create_task(self._hit(path)))
                if source.random() < _SWEEP_RATE:
                    self._sweep()
            if source.random() < 0.7:
                await asyncio.gather(*sent)
            await asyncio.sleep(source.choice((0, 0.2, 2, 15)))
        await asyncio.gather(*sent)

    async def _hit(self, path: str) -> None:
        """Sends one hit until an ingest answers 202, at most a few times, as phones do."""
        for _ in range(self.random.choice((1, 3, 6))):
            ingests: list[Any] = self.of("ingest")
            if ingests:
                ingest = self.random.choice(ingests)
                work = ingest.pipeline.take("key", HitRequest.parse(path), URL)
                taking = ingest.run(work)
                await asyncio.wait(
                    {taking, ingest.killed}, timeout=10, return_when=asyncio.FIRST_COMPLETED
                )
                if taking.done() and not taking.cancelled():
                    try:
                        taking.result()
                    except (UnavailableError, ProblemError):
                        pass
                    else:
                        return
            await asyncio.sleep(self.random.choice((0.5, 2, 5)))

    async def _disturb(self) -> None:
        """Some faults, one after the other."""
        for _ in range(self.random.randint(0, 9)):
            await asyncio.sleep(self.random.choice((0.0, 0.01, 0.1, 1, 4)))
            # as many kills as all else together: there are as many moments for one as steps
            name = self.random.choice(("kill",) * 8 + tuple(FAULTS))
            self.faults.append(name)
            await FAULTS[name](self)

    async def _heal(self) -> None:
        """Ends all faults, and waits until no message is under way any more."""
        self.servers.faults.heal()
        self.servers.broker.start()
        for kind in KINDS:
            if not [i for i in self.instances if i.service == kind]:
                self.start(kind)
        end = self.loop.time() + _DRAIN_SECONDS
        while not self._is_quiet():
            assert self.loop.time() < end, f"it does not come to rest: {self._waiting()}"
            await asyncio.sleep(1)

    def _is_quiet(self) -> bool:
        return not any(self._waiting().values())

    def _waiting(self) -> dict[str, int]:
        broker = self.servers.broker
        return {
            "instances": sum(not each.is_settled for each in self.instances),
            "messages": broker.left(_QUEUES),
            "retries": broker.delayed(),
        }

    async def kill(self) -> None:
        """Kills an instance between two steps; its successor starts at once or a little later."""
        instance = self.random.choice(self.instances)
        steps = self.random.choice((0, self.random.randint(1, 30), self.random.randint(30, 300)))
        self.loop.doom(instance.process, steps, instance.kill)
        await self._replace(instance, 60)

    async def kill_retry(self) -> None:
        """Kills a matcher that moves a message to its next try, before the broker has the copy."""
        matchers = {i.process: i for i in self.instances if i.service == "matcher"}
        killed = self.loop.create_future()

        def doom(process: Process) -> None:
            self.loop.doom(process, 0, matchers[process].kill)
            killed.set_result(matchers[process])

        self.servers.directory.is_failing, self.servers.broker.on_retry = True, doom
        await asyncio.wait({killed}, timeout=20)
        self.servers.directory.is_failing, self.servers.broker.on_retry = False, None
        await self._replace(killed.result() if killed.done() else next(iter(matchers.values())), 1)

    async def _replace(self, instance: Instance, seconds: float) -> None:
        """Waits until the instance is killed, but kills it after these seconds, and starts one."""
        await asyncio.wait({instance.killed}, timeout=seconds)
        if instance in self.instances:
            self.instances.remove(instance)
        instance.kill()
        await asyncio.sleep(self.random.choice((0, 0, 1, 20)))
        self.start(instance.service)

    async def stop(self) -> None:
        """Stops an instance properly while its successor runs already."""
        ready = [instance for instance in self.instances if instance.is_ready]
        if not ready:
            return
        instance = self.random.choice(ready)
        self.start(instance.service)
        self.instances.remove(instance)
        stopping = instance.run(instance.stop())
        await asyncio.wait({stopping}, timeout=30)
        instance.kill()

    async def double(self) -> None:
        """Starts one more instance of a service."""
        self.start(self.random.choice(tuple(KINDS)))

    async def cut(self) -> None:
        """Cuts all connections to the broker."""
        self.servers.broker.disconnect()

    async def stop_broker(self) -> None:
        """Takes the broker away for a while."""
        self.servers.broker.stop()
        await asyncio.sleep(self.random.choice((0.1, 1, 10, 90)))
        self.servers.broker.start()

    async def shuffle(self) -> None:
        """Changes the order of the messages that wait."""
        self.servers.broker.shuffle()

    async def repeat(self) -> None:
        """Delivers a message twice."""
        self.servers.broker.repeat()

    async def jump(self) -> None:
        """Sets the clock of one machine."""
        self.random.choice(self.instances).clock_skew = self.random.uniform(-60, 60)

    async def sweep(self) -> None:
        """Sweeps at a moment at which every call that is not complete is stale."""
        self._sweep()

    def _sweep(self) -> None:
        servers = self.servers
        servers.sweeps += 1
        as_of = BEGIN + timedelta(seconds=self.loop.time()) + timedelta(days=1)
        name = f"sweep-{servers.sweeps}"
        message = CleanUpRequested(tenant=TENANT_ID, sweep=name, actor="janitor", as_of=as_of)
        servers.broker.publish(EXCHANGE, pack(message, "janitor"))


FAULTS: dict[str, Callable[[World], Awaitable[None]]] = {
    "kill": World.kill,
    "kill at a retry": World.kill_retry,
    "stop": World.stop,
    "double": World.double,
    "cut": World.cut,
    "stop broker": World.stop_broker,
    "shuffle": World.shuffle,
    "repeat": World.repeat,
    "jump": World.jump,
    "sweep": World.sweep,
}
