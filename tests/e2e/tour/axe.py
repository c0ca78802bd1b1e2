"""Runs axe, which looks for what keeps people from using a page, on a page as it is shown."""

from typing import Any

from playwright.async_api import Page

from support.paths import ROOT

SOURCE = (ROOT / "libs/web/node_modules/axe-core/axe.min.js").read_text("utf-8")
RULES = {
    "target-size": {"enabled": True},
}
"""Rules besides those that axe applies by default."""
RUN = """([rules, only]) => axe.run(document, {
    resultTypes: ["violations"],
    rules,
    ...(only ? { runOnly: only } : {}),
})"""
OVERFLOW = """() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const all = [...document.body.querySelectorAll("*")];
    const wide = all.filter((each) => each.getBoundingClientRect().right > clientWidth);
    return [`${scrollWidth - clientWidth} px`, ...wide.map((each) => each.outerHTML.slice(0, 120))];
}"""


async def load(page: Page) -> None:
    """Adds axe to the page; its policy allows no script tags."""
    await page.evaluate(SOURCE)


async def violations(page: Page, only: list[str] | None = None) -> list[str]:
    """A line for each element that breaks a rule. `only` names the rules, instead of all."""
    result: dict[str, Any] = await page.evaluate(RUN, [{} if only else RULES, only])
    return [
        f"{broken['id']}: {' '.join(map(str, node['target']))}: {_why(node)}"
        for broken in result["violations"]
        for node in broken["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(check["message"] for check in checks) + f" in {node['html'][:160]}"


async def overflow(page: Page) -> list[str]:
    """The elements that people reach by scrolling sideways only."""
    elements: list[str] = await page.evaluate(OVERFLOW)
    return elements
