# Two commands do everything on a fresh machine: `make run` and `make test`. `make test-all` adds the
# tests marked slow: real kills, clusters, whole models.

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt

export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal -rs

.PHONY: run test test-slow test-all lint clean

run: $(VENV)/.run
	$(BIN)/python -m mi run A05a

test: $(VENV)/.test
	$(PYTEST) -m "not slow"

test-slow: $(VENV)/.test
	$(PYTEST) -m slow

test-all: test test-slow

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(INPUTS) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[local]'
	touch $@

$(VENV)/.test: $(INPUTS) | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[local,dev]'
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .mi results.duckdb figures build *.egg-info
