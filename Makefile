# One line for each thing one does with the connector; deploy/install brings what is missing.
UV := $(shell command -v uv || echo .tools/bin/uv)
FAULTS := $(UV) run pytest tests/faults
COMPOSE := docker compose -f deploy/compose.yaml

.PHONY: run test check e2e faults faults-quick pin up down

run: ; deploy/install run && $(UV) run --no-dev softphone-onebox

test:
	deploy/install test
	$(UV) run pytest --numprocesses 2 --dist loadfile --ignore tests/faults
	$(FAULTS)

check:
	deploy/install check
	$(UV) run ruff check
	$(UV) run ruff format --check
	$(UV) run mypy
	$(UV) run lint-imports
	$(UV) run python tests/check_sizes.py
	tests/web/node_modules/.bin/tsc -p tests/web

e2e: ; deploy/install test && $(UV) run pytest tests/e2e

faults: ; deploy/install test && FAULTS=full $(FAULTS)

faults-quick: ; deploy/install test && $(FAULTS)

pin: ; deploy/pin $(UV)

up: ; deploy/secrets && $(COMPOSE) up --detach --build --wait

down: ; $(COMPOSE) down
