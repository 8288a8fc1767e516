# One command for each thing people do here; `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

# Leaves and domain, as they come; the edges of the web follow Django's looser types.
TYPED := $(filter-out schools/admin%.py schools/forms.py reform/middleware.py, $(wildcard \
	schools/*.py schools/models/*.py schools/management/*.py reform/*.py reform/models/*.py))
# Where `make run` keeps its data; delete the folder to begin anew.
VAR_DIR ?= var/demo

# A real installation, its folder, and what was asked for in so many words: HOST or NAME may stand in
# anybody's environment.
LIVE := $(if $(filter command environment,$(firstword $(origin VAR_DIR))),$(VAR_DIR),var/live)
ASKED := $(foreach name,COUNTY NAME HOST PORT HTTPS,$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
SETTLE = $(BIN)/python -m reform.instance "$(LIVE)" $(ASKED) && VAR_DIR="$(LIVE)" $(MANAGE) messages --compile

.DEFAULT_GOAL := help
.PHONY: help setup run start prepare restore bench chaos pictures test test-sqlite test-postgres test-journeys browser check lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# What the product runs on; enough for `make run`.
$(VENV)/.product: requirements.txt | $(VENV)/.python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

# What tests and checks need beside it.
$(VENV)/.tools: requirements.txt requirements-dev.txt | $(VENV)/.python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/.product $@

setup: $(VENV)/.tools ## Make .venv with everything that product, tests and checks need

run: $(VENV)/.product ## Start the product with a demo county on 127.0.0.1; Ctrl-C ends it
	@VAR_DIR=$(VAR_DIR) exec $(MANAGE) start

start: $(VENV)/.product ## Start or upgrade a real installation: COUNTY=330106 NAME=… HOST=… the first time
	@$(SETTLE) && VAR_DIR="$(LIVE)" exec $(MANAGE) live

prepare: $(VENV)/.product ## As start, but start no process: deploy/ has units that do
	@$(SETTLE) && VAR_DIR="$(LIVE)" exec $(MANAGE) live --prepare

restore: $(VENV)/.product ## Fill an empty installation from a backup: FROM=folder HOST=…
	@$(SETTLE) && VAR_DIR="$(LIVE)" exec $(MANAGE) restore "$(FROM)"

test: test-sqlite test-postgres test-journeys ## Run the whole suite: SQLite, PostgreSQL, browser
	@echo "make test: passed$(if $(SKIP_BROWSER), WITHOUT the browser journeys)"

test-sqlite: setup ## Run what needs no browser, on SQLite, in parallel
	$(BIN)/pytest -q -n 2 -m "not browser and not processes"

test-postgres: setup ## Run what depends on a database on a real PostgreSQL
	$(BIN)/pytest -q -n 2 -m "database and not browser and not processes" --postgres

test-journeys: setup browser ## Run the browser journeys and the start and end of all processes
	$(BIN)/pytest -q -m "processes$(if $(SKIP_BROWSER),, or browser)"

browser: ## See to Chromium and a Chinese font; SKIP_BROWSER=1 does without
	@.ci/browser

check: setup ## Format, lint, types, templates, migrations, translations, locks, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/djlint templates --lint --quiet
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) messages --check
	$(BIN)/pytest -q -n 0 tests/test_locks.py tests/test_architecture.py tests/test_docs.py

bench: setup browser ## Measure what a filing, an opening, a due day and a page cost, on a scratch PostgreSQL
	$(BIN)/python bench/filing.py --postgres
	$(BIN)/python bench/rollout.py --postgres
	$(BIN)/python bench/reminders.py --postgres
	$(BIN)/python bench/checks.py --postgres
	$(BIN)/python bench/school_list.py --postgres
	$(BIN)/python bench/outbox.py --postgres
	$(BIN)/python bench/paint.py --postgres

chaos: setup ## Kill and spoil what sends reminders, with 10,000 people; an oracle judges
	$(BIN)/python bench/chaos.py --postgres

pictures: setup browser ## Take pictures of the look, and show what changed since the last set
	$(BIN)/python bench/pictures.py

lock: $(VENV)/.tools ## Pin requirements*.in with hashes into requirements*.txt
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-dev.in --output-file requirements-dev.txt

clean: ## Remove .venv and caches; keeps var/ with its data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
