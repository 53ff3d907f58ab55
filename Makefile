SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# Beside each other, for both often wait; the chaos comes last, when the shorter half should have ended.
SHORTER := $(wildcard tests/unit tests/jobs tests/e2e/test_*.py)
LONGER := $(wildcard tests/integration tests/e2e/demo tests/chaos)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Make the environment, or bring it up to date (SHOPSTREAM_PYTHON=... chooses the Python)
	@deploy/setup/setup.sh

.PHONY: demo
demo: setup ## Run the whole path on a real clickstream, until Ctrl-C (ONCE=1: once, then stop)
	@exec $(BIN)/shopstream demo $(if $(ONCE),--once)

.PHONY: test
test: ## Run every test, the operators' too (installs a browser for them)
	@deploy/setup/setup.sh --tests
	@status=0; log=$$(mktemp -d); \
	mvn --quiet --batch-mode -f flink_jobs/operators/pom.xml test >$$log/operators 2>&1 & operators=$$!; \
	$(BIN)/python -m pytest -q --durations=15 $(SHORTER) >$$log/shorter 2>&1 & shorter=$$!; \
	trap 'kill $$operators $$shorter 2>/dev/null' INT TERM; \
	$(BIN)/python -m pytest -q --durations=15 $(LONGER) || status=$$?; \
	wait $$operators || status=$$?; wait $$shorter || status=$$?; \
	cat $$log/*; rm -r $$log; exit $$status

.PHONY: test-unit
test-unit: setup ## Run the tests that need no service (seconds)
	@$(BIN)/python -m pytest -q tests/unit

.PHONY: chaos
chaos: setup ## Kill, pause and starve the parts of a running shop, 20 rounds (ROUNDS=3, SEED=7), and find planted faults
	@SHOPSTREAM_CHAOS_ROUNDS=$(or $(ROUNDS),20) SHOPSTREAM_CHAOS_SEED=$(or $(SEED),1) \
	    SHOPSTREAM_CHAOS_RECOVERY_SECONDS=30 $(BIN)/python -m pytest -q -s tests/chaos

.PHONY: bench
bench: setup ## Measure how fast the parts are, beside the plain way (ONLY=parser,producer: some)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only '$(ONLY)')

.PHONY: bench-serving
bench-serving: setup ## Measure the scorer beside mlflow models serve, a ten-minute soak included
	@$(BIN)/python -m benchmarks.serving --soak-seconds 600

.PHONY: package
package: setup ## Pack the Flink jobs for any cluster: dist/shopstream-jobs-VERSION.tar.gz
	@deploy/package/package.sh

.PHONY: check
check: setup ## Lint, formatting, types, and whether the lock fits pyproject.toml
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@deploy/setup/lock.sh --check

.PHONY: lock
lock: setup ## Pin the dependencies of pyproject.toml (UPGRADE=1: the newest that fit)
	@deploy/setup/lock.sh $(if $(UPGRADE),--upgrade)

.PHONY: format
format: setup ## Format the code, and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: clean
clean: ## Remove what was built here (.venv and target too, the state in .shopstream not)
	@rm -rf .venv build dist ./*.egg-info flink_jobs/operators/target .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
