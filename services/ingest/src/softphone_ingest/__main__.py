"""The command `softphone-ingest`."""

from softphone_common.service import main as run_service
from softphone_ingest.service import build
from softphone_ingest.settings import IngestSettings


def main() -> None:
    """Runs the service until it is told to stop."""
    run_service(IngestSettings, build)


if __name__ == "__main__":
    main()
