"""Takes the prose out of files: docstrings, comments, texts in strings, and documents.

A piece keeps its line breaks, so that the line of a phrase follows from its offset.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from house.checkout import Checkout, PythonFile, is_python, shebang

DIRECTIVE = re.compile(r"#\s*(noqa|type:|fmt:|ruff:|mypy:|pragma|!|shellcheck|syntax=|escape=)")
_WORDS = re.compile(r"[^\W\d_]+['’,:;]?\s+[^\W\d_]+")
_PATTERN = re.compile(r"\\[bsdwAZ]|\(\?|\[\^")
_CODE = re.compile(r"``[^`]+``|`[^`\n]+`|\bhttps?://\S+")
_SCRIPT = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""",
    re.DOTALL,
)
_STYLE = re.compile(r"(?P<comment>/\*.*?\*/)", re.DOTALL)
_LUA = re.compile(r"""(?P<comment>--[^\n]*)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
_HASH = re.compile(r"""(?P<comment>(?:^|(?<=\s))\#[^\n]*)|"[^"\n]*"|'[^'\n]*'""", re.MULTILINE)
_TOKENS = {
    **dict.fromkeys((".js", ".mjs", ".ts"), _SCRIPT),
    **dict.fromkeys((".toml", ".sh", ".conf", "Makefile", "Dockerfile"), _HASH),
    ".css": _STYLE,
    ".lua": _LUA,
}
"""How comments and strings are found, by a file's suffix or name."""

_MARK = re.compile(r"^[ \t]*(?:///?|--+|#+:?|/?\*+(?!\*)/?)[ \t]?|\*/$", re.MULTILINE)
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+\.)[ \t]+(?=\S)")
_YAML_KEY = re.compile(r"\s*(?:- +)*(?:[\w.\"'/{}$-]+: *)?(?:[|>][-+]?\s*$)?(?:- +)?")
_LINE_COMMENTS = ("#", "//", "--")


@dataclass(frozen=True)
class Piece:
    """Some prose and the line it begins on."""

    path: str
    line: int
    raw: str

    @property
    def text(self) -> str:
        """The prose with code in backticks and addresses masked, since these quote and do not
        speak. Offsets are those of the raw text."""
        return _CODE.sub(lambda match: "x" * len(match[0]), self.raw)


def pieces(checkout: Checkout) -> Iterator[Piece]:
    """All prose of a checkout, file by file."""
    for file in checkout.python:
        yield from _of_python(file)
    for path in checkout.files:
        if not is_python(checkout.root / path):
            yield from _of_document(checkout, path)


def _of_document(checkout: Checkout, path: Path) -> Iterator[Piece]:
    name, suffix = path.as_posix(), path.suffix
    if suffix == ".md":
        return _of_markdown(name, checkout.read(path))
    if suffix in {".yml", ".yaml"}:
        return _of_yaml(name, checkout.read(path))
    token = _TOKENS.get(suffix) or _TOKENS.get(path.name)
    if token is None and suffix == "" and "sh" in shebang(checkout.root / path):
        token = _HASH
    return _of_tokens(name, checkout.read(path), token) if token else iter(())


def _of_python(file: PythonFile) -> Iterator[Piece]:
    yield from _joined(file.name, python_comments(file.text))
    inside: set[ast.AST] = set()
    for node in ast.walk(file.tree):
        if isinstance(node, ast.JoinedStr):
            inside |= set(ast.walk(node)) - {node}
            parts = (v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
            yield from _text(file.name, node.lineno, "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield from _text(file.name, node.lineno, node.value)


def python_comments(text: str) -> list[tuple[int, str]]:
    """Line and text of each comment that is no directive to a tool."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        (token.start[0], token.string)
        for token in tokens
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string)
    ]


def _joined(path: str, comments: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    """Comments on lines that follow one another are one text."""
    block: list[str] = []
    start = 0
    for line, text in comments:
        if block and line != start + len(block):
            yield from _text(path, start, "\n".join(block), is_prose=True)
            block = []
        if not block:
            start = line
        block.append(text)
    if block:
        yield from _text(path, start, "\n".join(block), is_prose=True)


def _text(path: str, line: int, text: str, *, is_prose: bool = False) -> Iterator[Piece]:
    """One piece for each paragraph, if the text is prose at all."""
    if not is_prose and (not _WORDS.search(text) or _PATTERN.search(text)):
        return
    if is_prose:
        text = _MARK.sub("", text)
    yield from _paragraphs(path, line, text.split("\n"))


def _paragraphs(path: str, line: int, lines: list[str]) -> Iterator[Piece]:
    block: list[str] = []
    for number, text in enumerate([*lines, ""]):
        begins = _ITEM.match(text)
        if (begins or not text.strip()) and block:
            yield Piece(path, line + number - len(block), "\n".join(block))
            block = []
        if text.strip():
            block.append(text[begins.end() :] if begins else text)


def _of_tokens(path: str, text: str, token: re.Pattern[str]) -> Iterator[Piece]:
    comments: list[tuple[int, str]] = []
    for match in token.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        part = match[0]
        if match["comment"] is None:
            yield from _text(path, line, re.sub(r"\$\{[^}]*\}", "{}", part[1:-1]))
        elif not part.startswith(_LINE_COMMENTS):
            yield from _text(path, line, part, is_prose=True)
        elif not DIRECTIVE.match(part):
            comments.append((line, part))
    yield from _joined(path, comments)


def _of_yaml(path: str, text: str) -> Iterator[Piece]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        value = _YAML_KEY.sub("", re.sub(r"(^|\s)#.*", "", line), count=1)
        yield from _text(path, number, value.strip("\"' "))
    comments = ((n, re.search(r"(?:^|\s)(#.*)", line)) for n, line in enumerate(lines, 1))
    yield from _joined(path, [(number, match[1]) for number, match in comments if match])


def _of_markdown(path: str, text: str) -> Iterator[Piece]:
    """Paragraphs, list items, headings and cells of tables; blocks of code are left out."""
    block: list[str] = []
    start, fenced = 1, False
    for number, line in enumerate([*text.split("\n"), ""], 1):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        indented = line.startswith("    ") and not block
        if not (fence or fenced or indented or not line.strip() or line[0] in "#|"):
            block.append(line)
            continue
        yield from _paragraphs(path, start, block)
        block, start = [], number + 1
        if line[:1] in {"#", "|"} and not fenced:
            for cell in line.strip("#| ").split("|"):
                yield Piece(path, number, cell.strip())
