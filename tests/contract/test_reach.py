"""Lists all that services reach and unpack by their own code. A new entry needs its reason here.

Nothing calls an address that a stranger has given, and two modules the sources of tenants, over
HTTP and LDAP, on hosts that the operator has permitted. The report of an import is the one table
that is written, and only the readers of hits and of imported files unpack anything or read tables
and XML, without entities.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from softphone_common.runtime.registry import installed_services
from support.paths import ROOT

MODULES = {
    str(file.relative_to(ROOT)): ast.parse(file.read_text("utf-8"))
    for folder in ("services", "libs/common")
    for file in sorted((ROOT / folder).rglob("src/**/*.py"))
}


@dataclass(frozen=True)
class Ban:
    """Modules that must not be imported, in whole or in part, and names that must not be used."""

    modules: set[str]
    names: frozenset[str] = frozenset()


CALLS = Ban(
    {
        *("httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib"),
        *("smtplib", "imaplib", "poplib", "xmlrpc", "websockets", "socket", "socketserver"),
        *("_socket", "ssl", "selectors", "telnetlib", "ldap3", "ldap", "bonsai"),
    },
    frozenset(
        {
            *("open_connection", "open_unix_connection", "create_connection", "connect_tcp"),
            *("create_unix_connection", "create_datagram_endpoint", "sock_connect", "connect_ex"),
            "connect",
        }
    ),
)
UNPACKS = Ban(
    {
        *("zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "shutil", "pickle", "marshal"),
        *("shelve", "yaml"),
    },
    frozenset({"unpack_archive", "UploadFile"}),
)
TABLES = Ban({"csv", "openpyxl", "xlsxwriter", "xlrd", "xlwt", "pandas", "odf"})
RUNS = Ban(
    {
        *("subprocess", "_posixsubprocess", "multiprocessing", "concurrent.futures.process", "pty"),
        *("asyncio.subprocess", "posix", "code", "codeop", "ctypes", "cffi", "runpy"),
        *("importlib", "_imp", "pkgutil", "zipimport", "builtins"),
    },
    frozenset(
        {
            *("system", "popen", "Popen", "startfile", "fork", "forkpty", "fork_exec"),
            *("posix_spawn", "posix_spawnp", "ProcessPoolExecutor", "subprocess"),
            *(f"exec{how}" for how in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
            *(f"spawn{how}" for how in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
            *("create_subprocess_exec", "create_subprocess_shell"),
            *("subprocess_exec", "subprocess_shell"),
            *("eval", "exec", "__import__", "import_module", "exec_module", "load_module"),
            *("modules", "__builtins__", "__globals__", "__subclasses__", "attrgetter"),
        }
    ),
)
BANS = {
    "calls addresses": CALLS,
    "unpacks": UNPACKS,
    "reads or writes tables": TABLES,
    "runs programs or text": RUNS,
}
BROKER = "calls the broker, whose address is a setting"
OWN_FILES = "reads files of its own package, whose names are in the code"
SOURCES = "calls the sources of tenants, on the hosts that a setting of the operator permits"
LDAP = "services/matcher/src/softphone_matcher/outbound/ldap.py"
TABLES_ROOM = "services/matcher/src/softphone_matcher/imports/tables"
UNPACKS_WORKBOOKS = "unpacks workbooks of contacts, up to a fixed size and never into files"
RELEASE = "reads the version of its own package"
ALLOWED = {
    ("libs/common/src/softphone_common/runtime/release.py", "importlib.metadata"): RELEASE,
    ("libs/common/src/softphone_common/contracts/asyncapi.py", "importlib.metadata"): RELEASE,
    (
        "libs/common/src/softphone_common/runtime/registry.py",
        "importlib.metadata",
    ): "finds the services that are installed here, by the entry points of their packages",
    (
        "libs/common/src/softphone_common/runtime/http_server.py",
        "socket",
    ): "listens, and calls nobody",
    ("libs/common/src/softphone_common/bus/aiormq_compat.py", "connect"): BROKER,
    (
        "services/ingest/src/softphone_ingest/mapping/request.py",
        "zlib",
    ): "undoes the gzip of a phone's body, up to a fixed size and never into files",
    (f"{TABLES_ROOM}/csv_table.py", "csv"): "reads files of contacts, and writes none",
    (
        "services/matcher/src/softphone_matcher/runs/report.py",
        "csv",
    ): "writes the report of an import, with no text that a spreadsheet computes",
    (f"{TABLES_ROOM}/workbook.py", "zipfile"): UNPACKS_WORKBOOKS,
    (f"{TABLES_ROOM}/workbook.py", "zlib"): UNPACKS_WORKBOOKS,
    ("libs/common/src/softphone_common/bus/bus.py", "connect"): BROKER,
    ("libs/common/src/softphone_common/runtime/commands/setup.py", "connect"): BROKER,
    ("services/ingest/src/softphone_ingest/spool/file.py", "connect"): "opens a file of SQLite",
    ("libs/common/src/softphone_common/stores/token_buckets.py", "importlib.resources"): OWN_FILES,
    (
        "services/ingest/src/softphone_ingest/identity/redis_memory.py",
        "importlib.resources",
    ): OWN_FILES,
    (
        "services/ingest/src/softphone_ingest/mapping/presets/preset.py",
        "importlib.resources",
    ): OWN_FILES,
    ("services/notifier/src/softphone_notifier/page.py", "importlib.resources"): OWN_FILES,
    (
        "services/notifier/src/softphone_notifier/openid/outbound.py",
        "httpx",
    ): "calls the OpenID Connect provider, whose address is a setting of the operator",
    (
        "services/matcher/src/softphone_matcher/outbound/client.py",
        "httpx",
    ): SOURCES,
    (LDAP, "ldap3"): SOURCES,
    (LDAP, "socket"): "ends a connection of ldap3 that takes too long, and opens none",
    (LDAP, "ssl"): "has ldap3 verify certificates like httpx",
}
XML = {"xml", "lxml", "defusedxml", "html.parser"}
READS_XML = {
    "services/ingest/src/softphone_ingest/mapping/body.py",
    "services/ingest/src/softphone_ingest/mapping/tree.py",
    "services/matcher/src/softphone_matcher/imports/multistatus.py",
    *(f"{TABLES_ROOM}/{name}.py" for name in ("sheet", "workbook", "xml_parts")),
}


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that the tree imports, and every name imported from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_of(name: str, forbidden: set[str]) -> bool:
    """Whether a dotted name is one of these names or below one of them."""
    parts = name.split(".")
    return any(".".join(parts[:n]) in forbidden for n in range(1, len(parts) + 1))


def named(tree: ast.AST) -> Iterator[str]:
    """Every name and attribute that the tree uses."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield name
            case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.name.rpartition(".")[2] for alias in aliases)


def breaches(tree: ast.AST, ban: Ban) -> set[str]:
    """Banned modules and names that the tree uses; modules by the name in their import."""
    modules = {name for name in imported(tree) if is_of(name, ban.modules)}
    whole = {name for name in modules if not is_of(name.rpartition(".")[0], modules)}
    return whole | (set(named(tree)) & ban.names)


def users(modules: set[str]) -> set[str]:
    """The files that import one of these modules."""
    return {file for file, tree in MODULES.items() if breaches(tree, Ban(modules))}


def test_all_product_code_is_examined() -> None:
    services = {file.split("/")[1] for file in MODULES if file.startswith("services/")}
    assert services == set(installed_services())
    assert any(file.startswith("libs/common/") for file in MODULES)


@pytest.mark.parametrize("ban", BANS.values(), ids=BANS.keys())
def test_product_code_does_nothing_banned(ban: Ban) -> None:
    found = {(file, what) for file, tree in MODULES.items() for what in breaches(tree, ban)}
    assert found == {
        (file, what) for file, what in ALLOWED if is_of(what, ban.modules) or what in ban.names
    }


DOES = {
    "calls addresses": [
        "import socket",
        "import socket as s\ns.create_connection(('a', 1))",
        "from socket import create_connection as c",
        "import asyncio\nasyncio.open_connection('a', 1)",
        "import asyncio as a\nreach = a.open_connection",
        "from asyncio import open_connection as o",
        "asyncio.get_running_loop().create_connection(None, 'a', 1)",
        "loop.sock_connect(s, ('a', 1))",
        "import anyio\nanyio.connect_tcp('a', 1)",
        "import http.client",
        "from http import client",
        "from urllib import request",
        "import socket\nsocket.socket().connect(('a', 1))",
        "def late():\n    import httpx",
        "from ldap3.core.connection import Connection",
    ],
    "unpacks": ["import zipfile", "from shutil import unpack_archive", "import pickle as p"],
    "reads or writes tables": ["import csv", "from csv import writer"],
    "runs programs or text": [
        "import os\nos.system('a')",
        "import os as o\nrun = o.system",
        "from os import system as s",
        "os.popen('a')",
        "os.execvp('a', [])",
        "os.execl('a')",
        "os.spawnl(0, 'a')",
        "os.spawnvpe(0, 'a', [], {})",
        "os.posix_spawn('a', [], {})",
        "os.fork()",
        "os.forkpty()",
        "getattr(os, 'system')('a')",
        "import asyncio\nasyncio.create_subprocess_shell('a')",
        "asyncio.create_subprocess_exec('a')",
        "from asyncio import create_subprocess_exec as c",
        "from asyncio import subprocess",
        "asyncio.subprocess.Process",
        "loop.subprocess_shell(None, 'a')",
        "import subprocess",
        "import multiprocessing.pool",
        "from concurrent.futures import ProcessPoolExecutor",
        "import importlib\nimportlib.import_module('a')",
        "from importlib import import_module as i",
        "import importlib.util",
        "import importlib.resources",
        "__import__('a')",
        "import sys\nsys.modules['a']",
        "import builtins",
        "__builtins__['a']",
        "eval('1')",
        "run = exec",
        "import ctypes",
        "import runpy",
    ],
}
DOES_NOT = """
import asyncio, os, re, hashlib, hmac
from http import HTTPStatus
from urllib.parse import quote

asyncio.create_task(connection.execute("SELECT 1"))
socket.send_text(re.compile("a").pattern)
os.fsync(getattr(hashlib, how.hash))
"""


@pytest.mark.parametrize(("kind", "code"), [(kind, c) for kind in DOES for c in DOES[kind]])
def test_banned_code_is_found(kind: str, code: str) -> None:
    assert breaches(ast.parse(code), BANS[kind])


def test_similar_but_harmless_code_is_not_found() -> None:
    tree = ast.parse(DOES_NOT)
    assert [breaches(tree, ban) for ban in BANS.values()] == [set()] * len(BANS)


def test_product_code_has_no_star_imports() -> None:
    assert [file for file, tree in MODULES.items() if "*" in set(named(tree))] == []


def test_xml_is_read_by_few_modules() -> None:
    assert users(XML) == READS_XML


def test_product_code_neither_evaluates_text_nor_takes_files() -> None:
    banned = {"eval", "exec", "compile", "__import__", "UploadFile"}
    uses = {
        (file, node.id)
        for file, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in banned
    }
    assert uses == set()
