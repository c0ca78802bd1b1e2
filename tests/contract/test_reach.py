"""What the services can reach and unpack by their own code; whoever adds to it answers for it here.

Nothing calls an address that a tenant or a stranger has given, nothing is unpacked, no table is
written or read, and XML is read in one place, without entities.
"""

import ast
from collections.abc import Iterator

import pytest

from contract.wire import ROOT

MODULES = {
    str(file.relative_to(ROOT)): ast.parse(file.read_text("utf-8"))
    for folder in ("services", "libs")
    for file in sorted((ROOT / folder).rglob("src/**/*.py"))
}
CALLERS = {
    *("httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib"),
    *("smtplib", "imaplib", "xmlrpc", "websockets"),
}
UNPACKERS = {
    *("zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "shutil.unpack_archive", "pickle"),
    *("marshal", "shelve", "yaml"),
}
TABLES = {"csv", "openpyxl", "xlsxwriter", "xlrd", "xlwt", "pandas", "odf"}
RUNNERS = {"subprocess", "os.system", "os.popen", "pty", "code", "ctypes"}
XML = {"xml", "lxml", "defusedxml", "html.parser"}
READS_XML = {
    "services/ingest/src/softphone_ingest/parts.py",
    "services/ingest/src/softphone_ingest/sources.py",
}
NEVER_NAMED = {"eval", "exec", "compile", "__import__", "UploadFile"}


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module and every name in one that is imported anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_of(name: str, forbidden: set[str]) -> bool:
    """Whether a dotted name is one of these or in one of them."""
    parts = name.split(".")
    return any(".".join(parts[:n]) in forbidden for n in range(1, len(parts) + 1))


def users(forbidden: set[str]) -> set[str]:
    """The files that import any of these."""
    return {
        file
        for file, tree in MODULES.items()
        if any(is_of(name, forbidden) for name in imported(tree))
    }


def test_all_code_is_looked_at() -> None:
    services = {file.split("/")[1] for file in MODULES if file.startswith("services/")}
    assert services == {"ingest", "matcher", "calllog", "notifier", "janitor"}
    assert any(file.startswith("libs/common/") for file in MODULES)


@pytest.mark.parametrize(
    "forbidden",
    [CALLERS, UNPACKERS, TABLES, RUNNERS],
    ids=["calls addresses", "unpacks", "reads or writes tables", "runs programs"],
)
def test_no_service_does(forbidden: set[str]) -> None:
    assert users(forbidden) == set()


def test_xml_is_read_in_one_place() -> None:
    assert users(XML) == READS_XML


def test_no_text_becomes_code_and_no_file_is_taken() -> None:
    named = {
        (file, node.id)
        for file, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in NEVER_NAMED
    }
    assert named == set()
