# On a fresh machine with Python 3.11 (or 3.12, 3.13) and make: `make demo`, `make test`.
# Everything is installed into a virtual environment; both may be chosen: make VENV=elsewhere PYTHON=python3.12 test
VENV ?= .venv
VENV_OLDEST ?= .venv-oldest
PYTHON ?=
BIN := $(VENV)/bin
DEMO_INSTANCE := edge-cloud-s-1.2-tight
# A process per core, at most eight: each grows to 0.5 to 1 GB. Neighbouring tests share what they made, so each process
# begins with a run of them (worksteal). Plain `pytest` runs one after another.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal

.DELETE_ON_ERROR:
.PHONY: help demo dev test test-all notebooks docs lint format types rooms wheel-test oldest

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## solve a library instance to proven optimality and check the solution
	$(BIN)/sloplan solve $(DEMO_INSTANCE) --method milp -o demo-solution.json
	$(BIN)/sloplan check $(DEMO_INSTANCE) demo-solution.json

test: $(VENV)/.installed-dev  ## run the tests (a few minutes)
	$(BIN)/pytest $(PARALLEL)

test-all: $(VENV)/.installed-dev  ## run the slow tests too
	$(BIN)/pytest $(PARALLEL) -m ""

notebooks: $(VENV)/.installed-dev  ## execute all notebooks (a few minutes)
	$(BIN)/pytest tests/test_notebooks.py -m ""

docs: $(VENV)/.installed-dev  ## build the documentation's site in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lint: $(VENV)/.installed-dev  ## ruff's rules and format, dependencies declared and used
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/deptry src

format: $(VENV)/.installed-dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.installed-dev  ## mypy
	$(BIN)/mypy

# No cache: it would miss a module that appears after the file that imports it.
rooms: $(VENV)/.installed-dev  ## the arrows between rooms
	$(BIN)/lint-imports --no-cache

wheel-test: $(VENV)/.installed-dev  ## build wheel and sdist, compare them with the tree, solve from an installed wheel
	$(BIN)/pytest -m slow tests/house/test_wheel.py

oldest: $(VENV_OLDEST)/.installed  ## run the tests with the oldest dependencies allowed
	$(VENV_OLDEST)/bin/pytest $(PARALLEL)

dev: $(VENV)/.installed-dev  ## install everything that the commands above need

# A stamp is newer than what decides what is installed, so a second run installs nothing.
METADATA := pyproject.toml src/sloplan/_version.py

$(VENV)/.created:
	@tools/create_venv.sh $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.installed: $(METADATA) | $(VENV)/.created
	@echo "Installing Sloplan and what it needs into $(VENV) (a few minutes, once)"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(METADATA) | $(VENV)/.created
	@echo "Installing Sloplan and its development tools into $(VENV) (a few minutes, once)"
	@$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $(VENV)/.installed $@

$(VENV_OLDEST)/.installed: $(METADATA) tests/oldest.txt
	@tools/create_venv.sh $(VENV_OLDEST) $(PYTHON)
	@echo "Installing Sloplan with the oldest dependencies into $(VENV_OLDEST) (a few minutes, once)"
	@$(VENV_OLDEST)/bin/python -m pip install --quiet --constraint tests/oldest.txt --editable ".[test]"
	@touch $@
