"""All that an administrator does with imports, for the tests of what is recorded of it."""

from softphone_testing.until import until
from support.stack.installation import Installation

PATH = "/api/directory/imports"


async def act(installation: Installation, token: str, name: str) -> list[tuple[str, str]]:
    """Imports files with this name of a contact; the event and the target of each act."""
    acts = []

    async def begin(query: str, rows: str) -> str:
        answer = await installation.ask("POST", f"{PATH}?{query}", token, content=rows.encode())
        assert answer.status_code == 202, answer.text
        run: str = answer.json()["id"]
        acts.append(("import-started", f"import/{run}"))
        return run

    async def state(run: str) -> str:
        return str((await installation.get(f"{PATH}/{run}", token))["state"])

    finished = await begin("source=list", f"Name\n{name}\n")
    # it waits for the first, and is long enough to be cancelled before its end
    cancelled = await begin("source=list", f"Name\n{name}\n" * 50_000)
    assert (await installation.ask("DELETE", f"{PATH}/{cancelled}", token)).status_code == 200
    await begin("source=half&complete=true", "Name\nA\nB\n")
    held = await begin("source=half&complete=true", "Name\nA\n")

    async def is_held() -> bool:
        return await state(held) == "held"

    await until(is_held, what="the import that is held")
    await installation.post(f"{PATH}/{held}/confirm", token)
    acts.append(("import-cancelled", f"import/{cancelled}"))
    acts.append(("import-finished", f"import/{finished}"))
    acts += [(f"import-{event}", f"import/{held}") for event in ("held", "confirmed", "finished")]
    return acts
