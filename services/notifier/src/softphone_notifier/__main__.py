"""The command `softphone-notifier`."""

from softphone_common.runtime.service import main as run_service
from softphone_notifier.service import build
from softphone_notifier.settings import NotifierSettings


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(NotifierSettings, build)


if __name__ == "__main__":
    main()
