"""All that an administrator does with sources, and requests that aim at those of others."""

from support.product import Json
from support.stack.installation import Installation

PATH = "/api/directory/sources"


def order(name: str = "crm", **more: Json) -> Json:
    """A source at a host that installations of tests permit, which nobody reads by itself."""
    address = "https://crm.invalid/contacts"
    return {"name": name, "address": address, "mapping": {"host_id": "id"}, **more}


def attempts(source: str) -> dict[str, tuple[str, Json | None]]:
    """A request for each route of sources that aims at this source."""
    one = f"{PATH}/{source}"
    return {
        f"POST {PATH}": (PATH, {**order("theirs"), "tenant": "theirs"}),
        f"POST {PATH}/test": (f"{PATH}/test", {"tenant": "theirs"}),
        f"PUT {PATH}/{{source}}": (one, order("theirs")),
        f"DELETE {PATH}/{{source}}": (one, None),
        f"POST {PATH}/{{source}}/run": (f"{one}/run", None),
        f"POST {PATH}/{{source}}/test": (f"{one}/test", order("theirs")),
    }


async def act(installation: Installation, token: str) -> list[tuple[str, str]]:
    """Adds, changes and removes a source; the event and the target of each act."""
    source = (await installation.post(PATH, token, order("acts")))["id"]
    changed = await installation.ask("PUT", f"{PATH}/{source}", token, order("acted"))
    assert changed.status_code == 200, changed.text
    removed = await installation.ask("DELETE", f"{PATH}/{source}", token)
    assert removed.status_code == 204, removed.text
    return [(f"source-{event}", f"source/{source}") for event in ("created", "changed", "removed")]
