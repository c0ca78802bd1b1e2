"""Which users a call concerns; nobody else is ever told of it."""

from collections.abc import Iterable, Mapping


def audience(extensions: Iterable[str], users_at: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The ids of the users at these extensions; `users_at` maps an extension to user ids."""
    return frozenset(user for x in extensions for user in users_at.get(x, ()))
