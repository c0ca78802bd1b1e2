"""A directory of somebody else on this machine: OpenLDAP's server with people in it."""

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from ldap3 import MODIFY_REPLACE, Connection, Server

from softphone_testing.servers.child import Child
from softphone_testing.servers.ports import HOST, free_port
from support.certificates import certificate_file

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
USER, PASSWORD = f"uid=connector,{SUFFIX}", "a-password-of-the-directory"
LIMITED = f"uid=limited,{SUFFIX}"
"""A user who gets 10 entries of a search at most."""
ENTRIES_OF_LIMITED = 10
_ADMIN, _ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "secret"
_READY_SECONDS = 30
_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {certificate}
sizelimit unlimited
database mdb
maxsize 268435456
dbnosync
suffix {suffix}
rootdn {admin}
rootpw {admin_password}
directory {folder}/data
limits dn.exact={limited} size={limit} size.prtotal={limit}
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * {anonymous}
"""
MAPPING: dict[str, Any] = {
    "name": ["givenName", "SN"],
    "numbers": [{"column": "telephoneNumber", "label": "work"}, {"column": "mobile"}],
    "organization": "o",
    "emails": ["mail"],
    "host_id": "entryUUID",
}


def person(n: int, name: str = "Huber") -> dict[str, list[str]]:
    """The attributes of somebody in this directory."""
    return {
        "objectClass": ["inetOrgPerson"],
        "uid": [str(n)],
        "cn": [f"{name} {n}"],
        "sn": [str(n)],
        "givenName": [name],
        "telephoneNumber": [f"+49 89 9999 {n:04d}"],
        "mail": [f"n{n}@huber.example"],
        "userPassword": [f"secret of {n}"],
        "entryUUID": [str(UUID(int=n))],
    }


def people(count: int, first: int = 1, name: str = "Huber") -> list[dict[str, list[str]]]:
    """This many people, with ids from the first one on."""
    return [person(n, name) for n in range(first, first + count)]


class Slapd:
    """Listens on loopback, with TLS at a second port. `anonymous`: what strangers may do."""

    def __init__(self, folder: Path) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.plain = f"ldap://{HOST}:{self.port}"
        self.tls = f"ldaps://{HOST}:{self.tls_port}"
        self.hosts = f"{HOST}:{self.port},{HOST}:{self.tls_port}"
        """Both, as they are listed in SOFTPHONE_SOURCE_HOSTS."""
        self.certificate = certificate_file(folder)
        self._folder = folder
        self._child: Child | None = None

    async def start(
        self,
        entries: Iterable[Mapping[str, list[str]]] = (),
        anonymous: str = "none",
        more: str = "",
    ) -> None:
        """Starts it with these people alone, and with more entries in LDIF."""
        (self._folder / "data").mkdir()
        configuration = _CONFIGURATION.format(
            folder=self._folder,
            certificate=self.certificate,
            suffix=SUFFIX,
            admin=_ADMIN,
            admin_password=_ADMIN_PASSWORD,
            limited=LIMITED,
            limit=ENTRIES_OF_LIMITED,
            anonymous=anonymous,
        )
        (self._folder / "slapd.conf").write_text(configuration)
        (self._folder / "data.ldif").write_text(f"{_ldif(entries)}\n{more}")
        await self._run("slapadd", "-q", "-l", "data.ldif")
        await self.restart()

    async def restart(self) -> None:
        """Starts it again after it was stopped, with what is stored."""
        addresses = f"{self.plain}/ {self.tls}/"
        command = [_program("slapd"), "-f", "slapd.conf", "-h", addresses, "-d", "0"]
        self._child = Child("slapd", command, folder=self._folder, env={})
        await self._child.start()
        await self._child.wait_ready(self._listens, _READY_SECONDS)

    async def hide(self, target: str) -> None:
        """Takes the right to read something, such as `attrs=mail`, from all users, and restarts."""
        file = self._folder / "slapd.conf"
        rule = f"access to {target} by * none\naccess to * by users"
        file.write_text(file.read_text().replace("access to * by users", rule))
        await self.stop()
        await self.restart()

    async def stop(self) -> None:
        """Ends it; connections that are open end at once."""
        if self._child is not None:
            await self._child.stop()

    async def replace(self, n: int, **attributes: str) -> None:
        """Replaces attributes of somebody."""
        changes = {name: [(MODIFY_REPLACE, [text])] for name, text in attributes.items()}
        await asyncio.to_thread(self._as_admin, lambda admin: admin.modify(_dn(n), changes))

    async def remove(self, *numbers: int) -> None:
        """Removes people by the numbers of their names."""
        for n in numbers:
            await asyncio.to_thread(self._as_admin, lambda admin, n=n: admin.delete(_dn(n)))

    def _as_admin(self, act: Any) -> None:
        with Connection(
            Server(self.plain), _ADMIN, _ADMIN_PASSWORD, raise_exceptions=True
        ) as admin:
            act(admin)

    async def _run(self, name: str, *arguments: str) -> None:
        command = [_program(name), "-f", "slapd.conf", *arguments]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self._folder, stderr=asyncio.subprocess.PIPE
        )
        _, text = await process.communicate()
        assert process.returncode == 0, text.decode(errors="replace")

    async def _listens(self) -> bool:
        for port in (self.port, self.tls_port):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
        return True


def settings(slapd: Slapd, **more: Any) -> dict[str, Any]:
    """A source of this directory, as an administrator sends it."""
    fields = {"kind": "ldap", "address": slapd.plain, "base": PEOPLE, "mapping": MAPPING}
    return {"name": "directory", **fields, **more}


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found, f"no {name} on this machine: deploy/install test brings it"
    return found


def _dn(n: int) -> str:
    return f"uid={n},{PEOPLE}"


def _ldif(entries: Iterable[Mapping[str, list[str]]]) -> str:
    parent = ["objectClass: dcObject", "objectClass: organization", "o: Example", "dc: example"]
    users = [
        (name, ["objectClass: account", "objectClass: simpleSecurityObject", password])
        for name in (USER, LIMITED)
        for password in [f"userPassword: {PASSWORD}"]
    ]
    records = [
        (SUFFIX, parent),
        (PEOPLE, ["objectClass: organizationalUnit"]),
        *users,
        *(
            (
                f"uid={entry['sn'][0]},{PEOPLE}",
                [f"{name}: {text}" for name, texts in entry.items() for text in texts],
            )
            for entry in entries
        ),
    ]
    return "\n".join("\n".join([f"dn: {dn}", *lines, ""]) for dn, lines in records)
