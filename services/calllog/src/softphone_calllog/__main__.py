"""The command `softphone-calllog`."""

from softphone_calllog.service import SERVICE
from softphone_common.runtime.runner import run_service


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(SERVICE)


if __name__ == "__main__":
    main()
