"""Whatever single part dies, and each service with each server: nothing lost, nothing doubled."""

from faults.conftest import Tried
from faults.fault import Fault
from faults.site import Site


async def test_nothing_is_lost_and_nothing_doubled(
    site: Site, each_fault: Fault, tried: Tried
) -> None:
    await tried(site, str(each_fault), each_fault.on(site))
