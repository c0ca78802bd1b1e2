"""Every fault of one part, or of a service and a server, loses and doubles nothing."""

from faults.conftest import RunFault
from faults.fault import Fault
from faults.site import Site


async def test_site_with_a_fault_loses_and_doubles_nothing(
    site: Site, each_fault: Fault, run_fault: RunFault
) -> None:
    await run_fault(site, str(each_fault), lambda *_: each_fault.on(site))
