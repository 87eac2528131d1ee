# `make figures` redraws every figure, `make test` runs every check; both set up what they need in .venv first.
PYTHON ?= python3
EXTRAS ?= dev,jax
JOBS ?= $(shell getconf _NPROCESSORS_ONLN)
BIN := .venv/bin

.PHONY: figures test lint bench docs clean

figures: .venv/installed
	$(BIN)/landscape figures --jobs $(JOBS)

test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 # two workers: BLAS threads beside them only get in the way

lint: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed
	$(BIN)/python benchmarks/descent.py

docs: .venv/installed
	$(BIN)/python docs/reference/build.py docs/_build # open docs/_build/index.html

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
