"""The web service of a vtiger CRM: its sessions, modules, fields, rights and rows."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.crm import Crm
from support.vtiger.query_language import Query, QueryError, parse

USER, KEY = "connector", "QxKey0fTheCrm7Zb"
_POSTED = {"login", "logout"}
_TYPES = {"phone", "email", "text", "url", "datetime", "reference", "owner"}
_MODULES = {
    "Accounts": (
        11,
        "accountname",
        "accountname account_no phone:phone otherphone:phone fax:phone email1:email email2:email"
        " website:url account_id:reference bill_street:text bill_city bill_code bill_country"
        " ship_street:text description:text",
    ),
    "Contacts": (
        12,
        "firstname,lastname",
        "salutationtype firstname lastname phone:phone mobile:phone homephone:phone"
        " otherphone:phone fax:phone email:email secondaryemail:email account_id:reference"
        " mailingstreet:text mailingcity mailingzip mailingcountry description:text",
    ),
    "Leads": (
        10,
        "firstname,lastname",
        "firstname lastname company phone:phone mobile:phone email:email website:url lane:text"
        " city code country description:text",
    ),
    "Vendors": (
        2,
        "vendorname",
        "vendorname phone:phone email:email website:url street:text city postalcode country"
        " description:text",
    ),
    "Partners": (
        45,
        "partnername",
        "partnername partner_no cf_901:phone cf_902:email street:text city code country",
    ),
    "Products": (14, "productname", "productname"),
}
LABELS = {
    "phone": "Office Phone",
    "mobile": "Mobile Phone",
    "homephone": "Home Phone",
    "otherphone": "Other Phone",
    "fax": "Fax",
    "cf_901": "Hotline",
}


@dataclass
class Module:
    """A module with its rows by their numbers; `hidden`: those that the user may not read."""

    prefix: int
    label_fields: str
    types: dict[str, str]
    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


class VtigerCrm(Crm):
    """Answers at `/webservice.php`. Its clock stands still until a test moves it."""

    def __init__(self, port: int | None = None) -> None:
        super().__init__(port)
        self.modules = {
            name: Module(prefix, labels, _types(fields))
            for name, (prefix, labels, fields) in _MODULES.items()
        }
        self.visible = ["Accounts", "Contacts", "Leads", "Vendors", "Products"]
        """The modules that the user may see."""
        self.unreadable: set[str] = set()
        """Modules that the user sees in lists of modules, and whose records the user does not."""
        self.now = datetime(2026, 11, 30, 9, 0, 0)  # noqa: DTZ001  the CRM answers without a zone
        self.sessions: set[str] = set()
        self.operations: list[str] = []
        """The operations that were asked for, and queries with their text, oldest first."""
        self.logins = 0
        self.seconds = 0.0
        """How long each answer takes."""
        self._token = ""
        self._numbers = count(1)

    def add(self, module: str, **values: str) -> str:
        """Adds a record; returns its id."""
        number = next(self._numbers)
        own = self.modules[module]
        row = dict.fromkeys(own.types, "")
        own.rows[number] = {**row, **values, "createdtime": self._time, "modifiedtime": self._time}
        return f"{own.prefix}x{number}"

    def add_contacts(self, many: int, seconds: float = 0) -> list[str]:
        """Adds contacts with a name and a number, one after some seconds each; returns ids."""
        ids = list[str]()
        for n in range(1, many + 1):
            number = f"089 9999{n:04d}"
            ids.append(self.add("Contacts", firstname="Huber", lastname=str(n), phone=number))
            self.move(seconds)
        return ids

    def change(self, id_: str, **values: str) -> None:
        """Changes a record now."""
        self._row(id_).update(values, modifiedtime=self._time)

    def remove(self, id_: str) -> None:
        """Moves a record to the recycle bin of the CRM."""
        module = self._module_of(id_)
        del module.rows[int(id_.partition("x")[2])]

    def hide(self, *ids: str) -> None:
        """Has the user not see these records, although the database finds them."""
        for id_ in ids:
            self._module_of(id_).hidden.add(int(id_.partition("x")[2]))

    def add_field(self, module: str, name: str, type_: str) -> None:
        """Adds a field that a company has made itself."""
        self.modules[module].types[name] = type_
        for row in self.modules[module].rows.values():
            row[name] = ""

    def move(self, seconds: float) -> None:
        """Moves the clock of the CRM."""
        self.now += timedelta(seconds=seconds)

    def expire(self) -> None:
        """Ends all sessions, as the CRM does after some time."""
        self.sessions.clear()

    @property
    def queries(self) -> list[str]:
        """The texts of all queries."""
        return [text for text in self.operations if text.startswith("select")]

    @property
    def _time(self) -> str:
        return self.now.strftime("%Y-%m-%d %H:%M:%S")

    def _module_of(self, id_: str) -> Module:
        prefix = int(id_.partition("x")[0])
        return next(each for each in self.modules.values() if each.prefix == prefix)

    def _row(self, id_: str) -> dict[str, str]:
        return self._module_of(id_).rows[int(id_.partition("x")[2])]

    async def _serve(self, request: Request) -> Response:
        self.paths.append(request.url.path)
        await asyncio.sleep(self.seconds)
        replaced = self.answer(request) if self.answer else None
        if replaced is not None:
            return replaced
        if request.url.path != "/webservice.php":
            return Response("<html>Sign in</html>", media_type="text/html")
        posted = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        sent = {**request.query_params, **posted}
        operation = sent.get("operation", "").lower()
        # each operation reads its own parameters only from where its type says
        parameters = posted if operation in _POSTED else dict(request.query_params)
        self.operations.append(parameters.get("query", operation))
        try:
            result = self._run(operation, sent.get("sessionName", ""), parameters)
        except QueryError as error:
            problem = {"code": error.code, "message": "A message of the CRM"}
            return JSONResponse({"success": False, "error": problem})
        return JSONResponse({"success": True, "result": result})

    def _run(self, operation: str, session: str, sent: Mapping[str, str]) -> Any:
        if operation == "getchallenge":
            return self._challenge(sent.get("username", ""))
        if operation == "login":
            return self._login(sent.get("username", ""), sent.get("accessKey", ""))
        if not session:
            raise QueryError("AUTHENTICATION_REQUIRED")
        if session not in self.sessions:
            raise QueryError("INVALID_SESSIONID")
        match operation:
            case "listtypes":
                information = {
                    name: {"isEntity": True, "label": name, "singular": name}
                    for name in self.visible
                }
                return {"types": self.visible, "information": information}
            case "describe":
                return self._describe(sent.get("elementType", ""))
            case "query":
                return self._query(parse(sent.get("query", "")))
            case "logout":
                self.sessions.discard(session)
                return {"message": "successfull"}
            case _:
                raise QueryError("UNKNOWN_OPERATION")

    def _challenge(self, user: str) -> dict[str, Any]:
        if user != USER:
            raise QueryError("ACCESS_DENIED")
        # one token for a user: an earlier one no longer counts
        self._token = f"6564{next(self._numbers):09x}"
        seconds = int((self.now - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
        return {"token": self._token, "serverTime": seconds, "expireTime": seconds + 300}

    def _login(self, user: str, answer: str) -> dict[str, str]:
        token, self._token = self._token, ""
        if not token:
            raise QueryError("INVALID_AUTH_TOKEN")
        expected = hashlib.md5(f"{token}{KEY}".encode(), usedforsecurity=False).hexdigest()
        if user != USER or answer != expected:
            raise QueryError("INVALID_USER_CREDENTIALS")
        self.logins += 1
        session = f"session{self.logins}of{self.port}"
        self.sessions.add(session)
        return {
            "sessionName": session,
            "userId": "19x5",
            "version": "0.22",
            "vtigerVersion": "7.5.0",
        }

    def _require_visible(self, name: str) -> Module:
        if name not in self.visible:
            raise QueryError("ACCESS_DENIED")
        return self.modules[name]

    def _describe(self, name: str) -> dict[str, Any]:
        module = self._require_visible(name)
        fields = [
            {
                "name": each,
                "label": LABELS.get(each, each.replace("_", " ").title()),
                "mandatory": False,
                "type": {"name": type_},
                "isunique": False,
                "nullable": True,
                "editable": True,
            }
            for each, type_ in module.types.items()
        ]
        own = {"name": "id", "label": "id", "mandatory": False, "type": {"name": "autogenerated"}}
        return {
            "label": name,
            "name": name,
            "createable": False,
            "updateable": False,
            "deleteable": False,
            "retrieveable": name not in self.unreadable,
            "fields": [*fields, {**own, "nullable": False, "editable": False, "default": ""}],
            "idPrefix": str(module.prefix),
            "isEntity": True,
            "allowDuplicates": True,
            "labelFields": module.label_fields,
        }

    def _query(self, query: Query) -> list[dict[str, str]]:
        if query.module not in self.modules:
            raise QueryError("ACCESS_DENIED")
        module = self._require_visible(query.module)
        if query.module in self.unreadable:
            raise QueryError("ACCESS_DENIED")
        named = [each.column for group in query.groups for each in group]
        chosen = [] if query.columns[0] in {"*", "count(*)"} else query.columns
        if not {*named, *chosen} <= {*module.types, "id"}:
            raise QueryError("ACCESS_DENIED")
        if not {*query.order} <= {*module.types, "id"}:
            raise QueryError("DATABASE_QUERY_ERROR")
        found = [
            number
            for number, row in module.rows.items()
            if query.finds(lambda name, n=number, r=row: n if name == "id" else r[name])  # type: ignore[misc]
        ]
        if query.columns == ["count(*)"]:
            return [{"count": str(len(found))}]
        for name in reversed(query.order):
            found.sort(
                key=lambda n, name=name: n if name == "id" else module.rows[n][name],  # type: ignore[misc]
                reverse=query.is_descending,
            )
        page = found[query.offset : query.offset + query.count]
        # rights are checked for each row that the database has found
        return [self._answered(module, n, chosen) for n in page if n not in module.hidden]

    def _answered(self, module: Module, number: int, chosen: list[str]) -> dict[str, str]:
        row = {**module.rows[number], "id": f"{module.prefix}x{number}"}
        return {name: row[name] for name in chosen} if chosen else row


def _types(fields: str) -> dict[str, str]:
    """The types of the fields of a module, with those that every module has."""
    own = (each.partition(":") for each in fields.split())
    types = {name: type_ if type_ in _TYPES else "string" for name, _, type_ in own}
    return {
        **types,
        "assigned_user_id": "owner",
        "createdtime": "datetime",
        "modifiedtime": "datetime",
    }


def settings(crm: VtigerCrm, **more: Any) -> dict[str, Any]:
    """A source at this CRM, as an administrator sends it."""
    fields = {"name": "crm", "kind": "vtiger", "address": f"{crm.url}/", "credentials": "basic"}
    return {**fields, "credentials_name": USER, "secret": KEY, **more}
