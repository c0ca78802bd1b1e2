"""Says which modules and functions have grown too long; judges nothing but length."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("libs", "services", "deploy/onebox")
MODULE_LINES = 350
FUNCTION_LINES = 49


def too_long(file: Path) -> Iterator[str]:
    text = file.read_text()
    name = file.relative_to(ROOT)
    length = len(text.splitlines())
    if length > MODULE_LINES:
        yield f"{name}: {length} lines, at most {MODULE_LINES} are allowed"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                where = f"{name}:{node.lineno}: {node.name}"
                yield f"{where}: {length} lines, at most {FUNCTION_LINES} are allowed"


def main() -> None:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("**/src/**/*.py"))]
    findings = [finding for file in files for finding in too_long(file)]
    if findings or not files:
        sys.exit("\n".join(findings) or "no modules found: is this the repository?")
    sys.stdout.write(f"{len(files)} modules, none too long\n")


if __name__ == "__main__":
    main()
