"""The command `softphone-notifier`."""

from softphone_common.runtime.runner import run_service
from softphone_notifier.service import SERVICE


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(SERVICE)


if __name__ == "__main__":
    main()
