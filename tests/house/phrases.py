"""The phrases this project does not use, and where they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from house.checkout import Checkout, Finding
from house.prose import Piece, pieces

ALLOWED = {
    "tests/house/phrases.py": "is the list itself",
    "tests/unit/test_house.py": "tries every phrase",
}
"""Files that quote the phrases, and why. The list is for quotations only."""

_SENTENCE_END = re.compile(r"[.!?](?=[\"'”)*_]*(?:\s|\Z))")
_BE = r"(?:is|was|are|were|be|been|has|have|had)"
_TOLD = r"(?:told|said|asked)"
_BEGIN = r"(?:\A|^|[.!?][\"'”)*_]*\s+)[\"'“(*_]*"


@dataclass(frozen=True)
class Rule:
    """One unwanted form: its name in reports, and the pattern that finds it."""

    name: str
    pattern: re.Pattern[str]
    begins_sentence: bool = False


def _rule(name: str, pattern: str, flags: int = re.IGNORECASE) -> Rule:
    return Rule(name, re.compile(pattern.replace(" ", r"\s+"), flags))


def _opening(word: str) -> Rule:
    """A sentence that opens with the word, unless it is a question."""
    pattern = rf"{_BEGIN}{word}\s+(?=\w|[`\"'“])"
    return Rule(f'sentence begins with "{word}"', re.compile(pattern), begins_sentence=True)


RULES = (
    _rule(
        '"told", "said" or "asked" as a noun',
        rf"\b(?:what|whatever|nothing|anything|something|everything|all|as|than)"
        rf"(?: (?:that|it|not|so|ever|else|just|already))*(?: {_BE}){{1,2}}"
        rf"(?: (?:not|so|ever|already|once|first|last|only))? {_TOLD}\b"
        r"|\bwhat(?: [\w'’-]+){1,3} (?:told|said)\b"
        rf"|\b(?:as|than|whatever) {_TOLD}\b"
        r"|\b(?:a|an|the|any|every|each|no|its) (?:told|said)\b",
    ),
    _rule('"told apart" or "told from" in place of "distinguished"', r"\btold (?:apart|from)\b"),
    _rule('"is no more"', rf"\b{_BE}(?: so)? no more\b(?! than)|\bno more(?=[.,;:)]|\Z)"),
    _rule('"made good"', r"\b(?:make|makes|made|making) good\b(?! \w+s\b)|\bmade good\b"),
    _rule('"or else"', r"\bor else\b"),
    _rule('"so many"', r"\bso many\b"),
    _rule('"in hand"', r"\bin hand\b"),
    _rule('"beside"', r"\bbeside\b(?![-_.=(/])"),
    _rule('"whoever"', r"\bwhoever\b"),
    _rule(
        '"nobody\'s" as a noun',
        r"\bnobody['’]s\b(?=\s*(?:[.,;:)!?]|\Z)|"
        r" (?:and|or|but|is|was|are|were|in|of|to|for|at|by|on|that|which|any|if|when|while)\b)",
    ),
    _rule(
        '"the same" or "the opposite" in place of a sentence',
        _BEGIN + r"The (?:same|opposite)(?:\s*[.,;:!]|\s*\Z| (?:for|of|with|in|as|at|but|by)\b)",
        0,
    ),
    _opening("What"),
    _opening("Of"),
)


def findings(checkout: Checkout) -> Iterator[tuple[Rule, Finding]]:
    """Every unwanted phrase in the prose of a checkout, apart from the files that quote them."""
    for piece in pieces(checkout):
        if piece.path not in ALLOWED:
            yield from in_piece(piece)


def in_piece(piece: Piece) -> Iterator[tuple[Rule, Finding]]:
    """Every unwanted phrase in one piece, with the line on which it begins."""
    text = piece.text
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            if rule.begins_sentence and is_question(text, match.end()):
                continue
            start = match.start() + len(match[0]) - len(match[0].lstrip(" \n\t.!?\"'”)*_"))
            line = piece.line + text.count("\n", 0, start)
            excerpt = " ".join(piece.raw[max(0, start - 25) : start + 55].split())
            yield rule, Finding(piece.path, line, f"{rule.name}: {excerpt}")


def is_question(text: str, position: int) -> bool:
    """Whether the sentence around the position ends with a question mark."""
    end = _SENTENCE_END.search(text, position)
    return end is not None and end[0] == "?"
