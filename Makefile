# One line for each thing one does with the connector; deploy/install brings what is missing.
UV := $(shell command -v uv || echo .tools/bin/uv)
FAULTS := $(UV) run pytest tests/faults
COMPOSE := docker compose -f deploy/compose.yaml

# where deploy/install puts a node if the machine has none that fits
export PATH := $(CURDIR)/.tools/node/bin:$(PATH)
WEB := npm --prefix libs/web run --silent

# hundreds of processes read the same modules; let the first keep what it has compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check fmt unit house prose contracts e2e senders faults faults-quick ablation \
	ablation-quick bench bench-quick fuzz simulate audit pin pin-images services up down web screenshots \
	containers

# --inexact keeps the packages that tests have installed
run: ; deploy/install run && $(UV) run --no-dev --inexact softphone-onebox

# The programs of tests/senders can be had from Debian only. Where they cannot be installed, everything
# else is tested, and the last lines say so.
test:
	deploy/install test
	@set -e; without=; deploy/install senders || without="--ignore tests/senders"; set -x; \
	$(WEB) test; \
	$(UV) run pytest --numprocesses 3 --dist loadfile --ignore tests/faults --ignore tests/containers $$without; \
	$(MAKE) faults-quick; \
	set +x; if [ -n "$$without" ]; then printf '\n%s\n' \
	"NOT RUN: tests/senders, the real telephony programs. deploy/install senders says why." >&2; fi

check:
	deploy/install check
	$(UV) run ruff check
	$(UV) run ruff format --check
	$(UV) run mypy
	$(UV) run lint-imports
	PYTHONPATH=tests $(UV) run python -m house --gate
	PYTHONPATH=tests $(UV) run python -m ablation --check
	$(UV) run python -m softphone_common.contracts.typescript docs/openapi libs/web/src/api --check
	$(WEB) check
	$(WEB) test

# builds the images and runs deploy/compose.yaml on an engine of its own; needs root and Debian's packages
containers: ; deploy/install containers && $(UV) run pytest tests/containers

# what can be put right without a person
fmt:
	deploy/install check
	$(UV) run ruff check --fix
	$(UV) run ruff format
	$(WEB) fmt

# serves the page at localhost:5173 while one works on it, in front of a connector that runs (make run)
web: ; deploy/install check && $(WEB) dev

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
	set -e; export PYTHONPATH=tests; write() { $(UV) run python -m $$1 > build/contract; test -s build/contract; mv build/contract $$2; }; \
	write softphone_common.contracts.asyncapi docs/asyncapi.json; \
	write "softphone_common.roles.broker exchanges" deploy/rabbitmq/exchanges.json; \
	write softphone_common.roles.broker deploy/rabbitmq/rights.json; \
	write softphone_common.contracts.problems_page docs/problems.md; \
	write softphone_ingest.mapping.presets.table docs/senders.md; \
	write support.metrics_table docs/metrics.md; \
	write "ablation --threat-model" docs/threat-model.md
	$(UV) run python -m softphone_common.contracts.typescript docs/openapi libs/web/src/api

e2e: ; deploy/install test && $(UV) run pytest tests/e2e

# pictures of every page into build/screenshots, and those that the documents show
screenshots: ; deploy/install test && PYTHONPATH=tests $(UV) run python -m e2e.tour

# real programs that make calls and report them
senders: ; deploy/install senders && $(UV) run pytest --numprocesses 2 --dist loadfile tests/senders

faults:
	deploy/install test
	rm -f build/faults.json
	FAULTS=full $(FAULTS)

faults-quick:
	deploy/install test
	rm -f build/faults.json
	$(FAULTS)

# removes one safeguard at a time and expects a test to notice; the short form takes other ten each day
ablation: ; deploy/install test && PYTHONPATH=tests $(UV) run python -m ablation

ablation-quick: ; deploy/install check && PYTHONPATH=tests $(UV) run python -m ablation --short

fuzz:
	deploy/install check
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(UV) run pytest --timeout 0 tests/fuzz/test_any_bytes.py tests/fuzz/test_any_request.py

# the product compared with the bare driver; writes build/bench.json
bench bench-quick:
	deploy/install test
	PYTHONPATH=tests $(UV) run python -m load $(if $(filter bench-quick,$@),--quick)

# services over servers in memory, in an order that a seed decides; SEED=17 runs one seed again
simulate:
	deploy/install check
	PYTHONPATH=tests $(UV) run python -m support.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),5000))

audit: ; deploy/install check && $(UV) export --quiet --no-emit-workspace | $(UV) run --no-project --with pip-audit pip-audit --strict --require-hashes --disable-pip --requirement /dev/stdin

pin: ; deploy/pin $(UV)

# needs docker and a registry
pin-images: ; deploy/pin-images

# after a folder was added to services/ or removed from it
services: ; deploy/services

up: export SOFTPHONE_REVISION := $(shell git rev-parse HEAD 2>/dev/null)
up: ; deploy/secrets && $(COMPOSE) up --detach --build --wait

down: ; $(COMPOSE) down
