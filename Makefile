# Everything runs in .venv, made from requirements.lock; nothing global is touched.
PYTHON ?= python3
# Processes for pytest: one more than two cores, since some tests wait for servers. A file of tests
# stays with one of them.
WORKERS ?= 3
ARGS ?=
BIN := .venv/bin
KERNELS := $(wildcard dispatch/*kernels.py dispatch/cch_*.py solver/bundle_*.py) \
  $(addprefix solver/,arrays.py assignment.py broad_moves.py broad_routes.py chance.py compiled.py \
  offers.py places.py strings.py tours.py)
PIP := $(BIN)/pip --disable-pip-version-check --no-input

# Linting and compiling take a core or two each and share nothing.
MAKEFLAGS += --jobs=2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test lint proof pictures lock audit clean

help:  ## print the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 8

venv: .venv/kernels.stamp  ## make .venv with everything pinned in requirements.lock

.venv/packages.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>/dev/null || echo not there)." \
	    "Name another one: make PYTHON=python3.11 ..." >&2; exit 1; }
	@echo "Setting up .venv (a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(PIP) install -q --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib
	@touch $@

.venv/project.stamp: pyproject.toml .venv/packages.stamp
	@$(PIP) install -q --no-build-isolation --no-deps -e .
	@touch $@

# The loops that numba compiles, whenever one of them changed: its cache only looks at the file of
# a function, not at those of what it calls.
.venv/kernels.stamp: $(KERNELS) .venv/project.stamp
	@echo "Compiling kernels (a minute or two)"
	@find solver dispatch \( -name '*.nbi' -o -name '*.nbc' \) -delete
	@$(BIN)/python -m solver.compile & one=$$!; $(BIN)/python -m dispatch.compile && wait $$one
	@touch $@

demo: venv  ## play a shift over Helsinki and write report.html
	$(BIN)/dispatch demo $(ARGS)

test: lint .venv/kernels.stamp  ## lint, then run every test
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: .venv/project.stamp  ## check format, rules, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

proof: venv  ## run the long figures; they are left under benchmarks/results/
	$(BIN)/python -m benchmarks all

pictures: venv  ## draw the pictures of the pages anew, under api/pictures/ (needs Chromium)
	$(BIN)/python -m benchmarks.pictures

lock:  ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile pyproject.toml --group dev --group build --python-version 3.11 --upgrade \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements.lock

# Apart from .venv: what asks about our packages is none of them. --strict, since a package that could
# not be looked up is not known to be well.
audit:  ## look the pinned packages up among the known weaknesses (needs the network)
	@test -x .audit/bin/pip-audit || { $(PYTHON) -m venv .audit && \
	  .audit/bin/pip --disable-pip-version-check --no-input install -q pip-audit; }
	.audit/bin/pip-audit --disable-pip --require-hashes --strict -r requirements.lock $(ARGS)

clean:  ## remove .venv, caches and what building leaves
	rm -rf .venv .audit build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache \
	  .import_linter_cache
	find solver dispatch scenarios api benchmarks tests -name __pycache__ -type d -prune \
	  -exec rm -rf {} +
