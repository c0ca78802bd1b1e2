"""The program `softphone-calllog`, which runs this service alone."""

from softphone_calllog.service import SERVICE
from softphone_common.runtime.runner import run_service


def main() -> None:
    """Runs the service until SIGTERM or SIGINT."""
    run_service(SERVICE)


if __name__ == "__main__":
    main()
