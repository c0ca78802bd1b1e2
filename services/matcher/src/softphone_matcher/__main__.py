"""The command `softphone-matcher`."""

from softphone_common.runtime.service import main as run_service
from softphone_matcher.service import build
from softphone_matcher.settings import MatcherSettings


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(MatcherSettings, build)


if __name__ == "__main__":
    main()
