"""The settings tables of the READMEs, whose last column is each setting's description.

Run `PYTHONPATH=tests uv run python -m support.settings_tables` after changing a description.
"""

from pathlib import Path

from pydantic_settings import BaseSettings

from softphone_common.process.settings import PREFIX, Settings
from softphone_common.runtime.registry import installed_services
from softphone_onebox.settings import OneboxSettings
from support.paths import ROOT

OWN_SETTINGS: dict[str, tuple[type[BaseSettings], set[str]]] = {
    "libs/common": (Settings, set(Settings.model_fields)),
    "deploy/onebox": (OneboxSettings, set(OneboxSettings.model_fields)),
    **{
        f"services/{name}": (
            definition.settings,
            set(definition.settings.model_fields) - set(Settings.model_fields),
        )
        for name, definition in installed_services().items()
    },
}


def readme(place: str) -> Path:
    return ROOT / place / "README.md"


def descriptions(place: str) -> dict[str, str]:
    """The description of each variable that a README lists."""
    settings, names = OWN_SETTINGS[place]
    return {
        f"{PREFIX}{name.upper()}": settings.model_fields[name].description or "" for name in names
    }


def rows(place: str) -> dict[str, str]:
    """The last column of the table in a README, by variable."""
    return {
        line.split("`")[1]: line.rpartition(" | ")[2].removesuffix(" |")
        for line in readme(place).read_text("utf-8").splitlines()
        if line.startswith(f"| `{PREFIX}")
    }


def update(place: str) -> None:
    """Writes the descriptions into the table; rows for new settings have to be added by hand."""
    described = descriptions(place)
    lines = readme(place).read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith(f"| `{PREFIX}"):
            head = line.rpartition(" | ")[0]
            lines[number] = f"{head} | {described[line.split('`')[1]]} |"
    readme(place).write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    for place in OWN_SETTINGS:
        update(place)
