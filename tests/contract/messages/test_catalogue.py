"""The catalogue of messages: names are unique and follow one form."""

import re
from collections import Counter

import pytest

from softphone_common.contracts.catalogue import BY_TYPE, CATALOGUE, Entry, patterns
from softphone_common.contracts.events import Message
from support.paths import ROOT

SERVICES = {folder.parent.name for folder in ROOT.glob("services/*/pyproject.toml")}

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.message.type)


def subclasses(of: type[Message]) -> set[type[Message]]:
    """Every message class, whether the catalogue lists it or not."""
    return {leaf for sub in of.__subclasses__() for leaf in subclasses(sub) | {sub}}


def test_every_message_is_in_the_catalogue_once() -> None:
    ours = {m for m in subclasses(Message) if m.__module__.startswith("softphone_common.")}
    assert Counter(entry.message for entry in CATALOGUE) == Counter(ours)


def test_types_and_patterns_are_unique() -> None:
    types = Counter(
        type_ for entry in CATALOGUE for type_ in (entry.message.type, *entry.message.earlier_types)
    )
    assert Counter(list(BY_TYPE)) == types
    keys = Counter(key for entry in CATALOGUE for key in patterns(entry.message))
    assert [key for key, times in keys.items() if times > 1] == []


@every_entry
def test_type_of_a_message_ends_with_its_version(entry: Entry) -> None:
    assert re.fullmatch(r"softphone\.[a-z-]+\.v[1-9][0-9]*", entry.message.type)
    assert BY_TYPE[entry.message.type] is entry


@every_entry
def test_routing_pattern_is_noun_verb_tenant(entry: Entry) -> None:
    assert all(re.fullmatch(r"[a-z-]+\.[a-z-]+\.\*", key) for key in patterns(entry.message))
    assert all(key.endswith(".acme") for key in patterns(entry.message, "acme"))
    assert len(patterns(entry.message)) == len(entry.message.verbs) > 0


@every_entry
def test_senders_and_listeners_are_services(entry: Entry) -> None:
    assert {*entry.senders, *entry.subscribers} <= SERVICES
    assert entry.senders
    assert len(set(entry.subscribers)) == len(entry.subscribers)


@every_entry
def test_every_message_has_a_listener(entry: Entry) -> None:
    assert entry.queues or entry.subscribers


@every_entry
def test_queue_is_named_by_its_service_and_a_noun(entry: Entry) -> None:
    for queue in entry.queues:
        service, dot, noun = queue.partition(".")
        assert service in SERVICES
        assert dot
        assert re.fullmatch(r"[a-z-]+", noun)
    assert len(set(entry.queues)) == len(entry.queues)
