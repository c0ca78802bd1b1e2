"""The command `softphone-janitor`."""

from softphone_common.service import main as run_service
from softphone_janitor.service import build
from softphone_janitor.settings import JanitorSettings


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(JanitorSettings, build)


if __name__ == "__main__":
    main()
