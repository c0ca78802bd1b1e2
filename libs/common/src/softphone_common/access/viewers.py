"""Which records of the directory somebody sees who asks a service."""

from softphone_common.contracts.entities import KeyScope, User
from softphone_common.domain.records.visibility import Viewer
from softphone_common.http.auth import Caller

_OF_THE_DIRECTORY: frozenset[KeyScope] = frozenset({"directory:read", "directory:write", "admin"})


def viewer_of(caller: Caller) -> Viewer:
    """The viewer that the caller of a route is.

    An application that fills or reads the directory sees all of it. A key with other scopes sees
    what everyone may see, whatever its name is.
    """
    if caller.scopes is not None:
        return Viewer(sees_all=not _OF_THE_DIRECTORY.isdisjoint(caller.scopes))
    return Viewer(caller.login, frozenset(caller.teams), caller.may("admin"), caller.user)


def viewer_of_user(user: User | None) -> Viewer:
    """The viewer that a user is now; without a user the one who sees records for everyone."""
    if user is None:
        return Viewer()
    return Viewer(user.login, frozenset(user.teams), user.role != "user", user.id)
