"""Selects the users a call concerns. Only they may see it or hear of it."""

from collections.abc import Iterable, Mapping


def audience(extensions: Iterable[str], users_at: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The ids of all users at these extensions; `users_at` has the user ids of each extension."""
    return frozenset(user for x in extensions for user in users_at.get(x, ()))
