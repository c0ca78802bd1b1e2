# One line for each thing one does with the connector; deploy/install brings what is missing.
UV := $(shell command -v uv || echo .tools/bin/uv)
FAULTS := $(UV) run pytest tests/faults
COMPOSE := docker compose -f deploy/compose.yaml

# hundreds of processes read the same modules; let the first keep what it has compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check fmt unit house prose contracts e2e faults faults-quick fuzz audit pin services up down

run: ; deploy/install run && $(UV) run --no-dev softphone-onebox

test:
	deploy/install test
	$(UV) run pytest --numprocesses 3 --dist loadfile --ignore tests/faults
	$(MAKE) faults-quick

check:
	deploy/install check
	$(UV) run ruff check
	$(UV) run ruff format --check
	$(UV) run mypy
	$(UV) run lint-imports
	PYTHONPATH=tests $(UV) run python -m house --gate
	tests/web/node_modules/.bin/tsc -p tests/web

# what can be put right without a person
fmt:
	deploy/install check
	$(UV) run ruff check --fix
	$(UV) run ruff format

# needs no server
unit: ; deploy/install check && $(UV) run pytest --numprocesses 2 tests/unit

# measures rooms, imports, lengths and prose; tests/house also takes --root of another checkout
house: ; deploy/install check && PYTHONPATH=tests $(UV) run python -m house

# lists phrases, names and docstrings the project does not want; fails if there are any
prose: ; deploy/install check && PYTHONPATH=tests $(UV) run python -m house --gate prose

# writes the documents and types that are derived from the code
contracts:
	deploy/install check
	mkdir -p build
	$(UV) run python -m softphone_onebox.openapi docs/openapi
	PYTHONPATH=tests $(UV) run python -m support.settings_tables
	set -e; write() { $(UV) run python -m $$1 > build/contract; test -s build/contract; mv build/contract $$2; }; \
	write softphone_common.contracts.asyncapi docs/asyncapi.json; \
	write softphone_common.contracts.problems_page docs/problems.md; \
	write softphone_ingest.mapping.presets.table docs/senders.md; \
	write softphone_common.contracts.typescript services/notifier/src/softphone_notifier/web/frames.d.ts

e2e: ; deploy/install test && $(UV) run pytest tests/e2e

faults:
	deploy/install test
	rm -f build/faults.json
	FAULTS=full $(FAULTS)

faults-quick:
	deploy/install test
	rm -f build/faults.json
	$(FAULTS)

fuzz:
	deploy/install check
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(UV) run pytest --timeout 0 tests/fuzz/test_any_bytes.py tests/fuzz/test_any_request.py

audit: ; deploy/install check && $(UV) export --quiet --no-emit-workspace | $(UV) run --no-project --with pip-audit pip-audit --strict --require-hashes --disable-pip --requirement /dev/stdin

pin: ; deploy/pin $(UV)

# after a folder was added to services/ or removed from it
services: ; deploy/services

up: ; deploy/secrets && $(COMPOSE) up --detach --build --wait

down: ; $(COMPOSE) down
