"""The delays and failures of a simulated network, all from the one random source of a run."""

import asyncio
from random import Random

_DELAYS = (0.0, 0.0, 0.0, 0.001, 0.002, 0.01, 0.05)


class Faults:
    """How slow and how unreliable everything between two processes is."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rate = random.choice((0.0, 0.01, 0.05, 0.15))
        """How often a request to a server fails, before or after the server has acted on it."""
        self.slow_rate = random.choice((0.0, 0.0, 0.02))

    def heal(self) -> None:
        """Nothing fails from here on."""
        self.rate = self.slow_rate = 0.0

    def happens(self) -> bool:
        """Whether the next request fails."""
        return self.random.random() < self.rate

    async def delay(self) -> None:
        """The way to a server, or back."""
        slow = self.random.random() < self.slow_rate
        await asyncio.sleep(self.random.uniform(1, 8) if slow else self.random.choice(_DELAYS))

    async def linger(self) -> None:
        """The time a sweep needs from reading a page of calls to writing it."""
        await asyncio.sleep(self.random.choice((0.0, 0.5, 2.0)))
