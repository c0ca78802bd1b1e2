"""Generates docs/senders.md, the table of what each sender reports, from the presets."""

import sys
from collections.abc import Iterable

from softphone_common.domain.call import PHASES
from softphone_ingest.mapping.presets.preset import Preset, load_all
from softphone_ingest.mapping.schema import Mapping, Rule

_HEAD = """# Senders and their events

This table is generated from the presets:

    uv run python -m softphone_ingest.mapping.presets.table > docs/senders.md

The events are those that the preset reads. Whether the settings of a sender offer them is in the
notes of the preset, which the page shows when you add a phone. A call without an end event ends
with the nightly sweep.

- call id *per device*: each phone counts its calls by itself
- call id *none*: extension, number and time distinguish calls
- numbers *as sent*: in whatever form; the number profile reads it
- proven *documented*: the maker's documents describe the requests; *recorded*: tests have requests
  of the sender; *run against the real program*: tests make calls with it

[Real senders](reliability.md#real-senders) lists these calls, and the tests with the makers' own
libraries for Twilio and sipgate.

"""
_COLUMNS = (
    "sender",
    "preset",
    "kind",
    "how it calls",
    "events",
    "call id",
    "direction",
    "numbers",
    "signature",
    "longest line",
    "proven",
)
_PROVEN = {
    "documented": "documented",
    "recorded": "recorded",
    "run": "run against the real program",
}
_IDS = {
    "pbx": "yes",
    "shared": "shared",
    "device": "per device",
    "extension": "per extension",
    "none": "none",
}


def table(presets: Iterable[Preset]) -> str:
    """The document in Markdown, with a row for each preset."""
    presets = list(presets)
    rows = [_COLUMNS, ["---"] * len(_COLUMNS), *(_row(preset) for preset in presets)]
    limits = [f"- {p.title}: {text.en}\n" for p in presets for text in p.proof.limits]
    table_text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"{_HEAD}{table_text}\n## Known limits\n\n{''.join(limits)}"


def _row(preset: Preset) -> list[str]:
    mapping = Mapping.model_validate(preset.mapping)
    fields = mapping.fields
    return [
        preset.title,
        f"`{preset.id}`",
        preset.kind,
        _how(preset),
        ", ".join(phase for phase in PHASES if phase in _results(fields.get("event", ()))),
        _IDS[mapping.scope] if "call_id" in fields else "none",
        _direction(fields.get("direction", ())),
        "E.164 without plus" if preset.numbers.get("format") else "as sent",
        "none" if mapping.verify is None else mapping.verify.method,
        str(preset.paste_max) if preset.paste_max else "",
        _PROVEN[preset.proof.grade],
    ]


def _how(preset: Preset) -> str:
    program = any(paste.line != "{url}" for paste in preset.paste)
    methods = " or ".join(sorted({paste.method for paste in preset.paste}))
    return f"{methods} by a command" if program else methods


def _results(rules: Iterable[Rule]) -> set[str]:
    """All values that the rules can give, from tables and as fixed values."""
    return {
        result
        for rule in rules
        for result in ((rule.value,) if rule.value is not None else (rule.table or {}).values())
        if result is not None
    }


def _direction(rules: tuple[Rule, ...]) -> str:
    """Whether the sender reports the direction, or only the event implies it."""
    sources = {source for rule in rules for source in (*rule.sources, *rule.when)}
    if not sources:
        return "no"
    return "by the event" if sources <= {"event", "path.0"} else "yes"


if __name__ == "__main__":
    sys.stdout.write(table(load_all().values()))
