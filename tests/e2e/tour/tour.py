"""The whole tour: every page and state of the page.

Entries that leave deleted calls behind come after the pages that would show those.
"""

from e2e.tour.account import ACCOUNT
from e2e.tour.calls import CALLS
from e2e.tour.directory import DIRECTORY
from e2e.tour.guide import Entry
from e2e.tour.operation import OPERATION
from e2e.tour.people import PEOPLE
from e2e.tour.phones import PHONES
from e2e.tour.popups import POPUPS
from e2e.tour.strangers import STRANGERS

TOUR: tuple[Entry, ...] = (
    *STRANGERS,
    *PEOPLE,
    *POPUPS,
    *CALLS,
    *DIRECTORY,
    *ACCOUNT,
    *PHONES,
    *OPERATION,
)
