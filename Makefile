# Two commands matter: `make serve` and `make test`. Everything they need but Python and make, they install into this folder.

APP ?= examples/bookstore
PORT ?= 8240
DATA ?= .data
MINUTES ?= 10

# Next to nothing in these is quick, and to find that out takes each process of make quick a second.
SLOW := bench container e2e escape faults fuzz soak template

# Tests that neither measure nor kill, so that two at a time do not disturb each other.
SIDE_BY_SIDE := apps data http query store template

VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
GUEST := runtime/sandbox/guests/python
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

serve: $(VENV)/serve.stamp guest  ## Start the server on APP, at PORT, with its data in DATA
	@exec $(BIN)/relive serve $(APP) --port $(PORT) --data $(DATA)

test: lint guest  ## Check and test everything
	$(BIN)/python -m pytest $(SIDE_BY_SIDE:%=tests/%) --numprocesses 2 $(PYTEST_ARGS)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE:%=--ignore=tests/%) $(PYTEST_ARGS)

quick: $(VENV)/test.stamp guest  ## The checks and tests to run while working
	$(BIN)/ruff check --quiet .
	$(BIN)/python -m pytest -m "not slow" $(SLOW:%=--ignore=tests/%) --hypothesis-profile=quick -q --numprocesses 3 $(PYTEST_ARGS)

lint: $(VENV)/test.stamp .venv-sam/sam.stamp  ## Style, types, import contracts and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=$(GUEST)/src:$(GUEST)/typing $(BIN)/mypy --config-file= --strict --python-version 3.14 -p relive_guest -p cloud -m guest
	$(BIN)/lint-imports
	.venv-sam/bin/cfn-lint template.yaml
	@mkdir -p build && .venv-sam/bin/python tests/template/transform.py template.yaml > build/template.json
	.venv-sam/bin/cfn-lint build/template.json

guest: $(VENV)/serve.stamp  ## Build the Python guest, if anything that goes into it has changed
	@$(BIN)/relive guest build

bench: $(VENV)/test.stamp guest  ## Measure, and print the tables; PEERS=1: against Parse Server, too
	$(BIN)/python -m tests.bench

fuzz: $(VENV)/fuzz.stamp guest  ## Feed hostile input to all that reads any, for MINUTES (10)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(FUZZ_ARGS)

soak: $(VENV)/test.stamp guest  ## Mixed load on a server, with hostile code in its second half, for MINUTES (10)
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

system-packages:  ## Debian: install what some of the tests use
	apt-get install -y --no-install-recommends $$(grep -v '^#' system-packages.txt)

clean:  ## Remove everything that was built or installed here
	rm -rf $(VENV) .venv-sam build .aws-sam tests/query/mingo/node_modules tests/e2e/everlive/node_modules tests/bench/peers/parse_server/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

constraints: $(VENV)/test.stamp  ## Write constraints.txt anew, with the newest versions that fit
	$(BIN)/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[local,guest,test]'
	(echo '# Exact versions of everything that is installed, directly or not. Refresh: make constraints'; \
		$(BIN)/python -m pip freeze --exclude-editable --exclude atheris) > constraints.txt

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Relive needs Python 3.11 or newer; none was found. Name one: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian, python3 -m venv needs the package python3-venv."; exit 1; }

$(VENV)/serve.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing what the server needs (once, about a minute)"
	@$(PIP) --editable '.[local,guest]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(VENV)/serve.stamp
	@echo "Installing what the tests need (once, about a minute)"
	@$(PIP) --editable '.[local,guest,test]'
	@touch $@

$(VENV)/fuzz.stamp: pyproject.toml constraints.txt | $(VENV)/test.stamp
	@echo "Installing the fuzzer (once, about a minute)"
	@$(PIP) --editable '.[fuzz]'
	@touch $@

include deploy.mk

.PHONY: help serve test quick lint guest bench fuzz soak system-packages clean constraints
