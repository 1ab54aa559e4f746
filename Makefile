# The two commands are `make run` and `make test`; they need Python 3.11 with venv, make and a shell, nothing else.
# Every path here is relative, so that a checkout may lie anywhere, also where the path has a space.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
IN_VENV := .venv/bin/python -m
PYTEST_ARGS ?=
JOBS ?= 2
# Compiled modules are kept under __pycache__ whatever the shell says: else every process compiles all of them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check lint types imports migrations openapi web environment start-times clean walk gauntlet gauntlet-smoke \
	test-clients test-browser pictures

run: environment
	@exec $(IN_VENV) config.run

test: environment
	@$(IN_VENV) pytest -n $(JOBS) $(PYTEST_ARGS)

check: environment lint types imports migrations openapi web test

lint:
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .

types:
	$(IN_VENV) mypy .

imports:
	.venv/bin/python -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

migrations:
	.venv/bin/python manage.py makemigrations --check --dry-run

# docs/openapi.json is committed; a change of the API shows as a difference here, and `manage.py openapi` accepts it.
openapi:
	.venv/bin/python manage.py openapi --check

# Both faces' scripts: types against docs/openapi.json, rules, tests; then the bundles with their sizes (config/faces.py).
web: environment
	$(IN_VENV) config.faces check
	$(IN_VENV) config.faces

# Installed anew only when requirements.txt changes. uv where present (seconds instead of a minute), else pip.
environment: .venv/.installed

.venv/.installed: requirements.txt
	@sh config/install.sh "$(PYTHON)"
	@touch .venv/.installed

start-times: environment
	.venv/bin/python benchmarks/start.py

# Every reader asks every route and page, each with all bad bodies and values; `make test` asks by turns.
walk: environment
	@THOROUGH=1 $(IN_VENV) pytest -n $(JOBS) tests/walk tests/bad_inputs

# What bad networks, bad bodies and killed processes do, a figure each that must be 0 (docs/gauntlet.md); needs no system
# that runs already. The second is longer: 200 kills, 500 fresh interleavings of phones, and defects planted to be noticed.
gauntlet-smoke: environment
	$(IN_VENV) tests.gauntlet.scenarios
	$(IN_VENV) tests.gauntlet.faults --quick

gauntlet: walk
	$(IN_VENV) tests.gauntlet.planted
	$(IN_VENV) tests.gauntlet.scenarios
	CONVERGENCE=500 $(IN_VENV) tests.clients.run convergence
	$(IN_VENV) tests.gauntlet.faults

# The real clients (RxDB's own replication suite and others, from npm by the lock file) against a server of ours.
test-clients: environment
	@$(IN_VENV) tests.clients.run

# Journeys of people through both faces in a real Chromium (Debian's, or CHROMIUM=), against a server of their own.
test-browser: environment web
	@$(IN_VENV) tests.browser.run
	@$(IN_VENV) tests.browser.over_demo

# Every page as pictures in var/pictures, of a small demo or of one that runs (PICTURES_OF=http://127.0.0.1:8000), held
# against sideways scrolling, complaints of the console and of the content policy, and axe. PAGES= names some of them.
pictures: environment web
	@$(IN_VENV) tests.browser.pictures $(PAGES)

# Removes everything that was made here, the embedded databases included.
clean:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m config.clean; fi
	rm -rf web/built web/node_modules .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
