"""The command `softphone-calllog`."""

from softphone_calllog.service import build
from softphone_calllog.settings import CalllogSettings
from softphone_common.runtime.service import main as run_service


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(CalllogSettings, build)


if __name__ == "__main__":
    main()
