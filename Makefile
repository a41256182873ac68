# make demo    sets up and analyses a photograph and a clip made from it   (demo/)
# make test    sets up and runs the tests
# make check   format, lint, types, floors, pages
# make fix     formats and mends what can be mended
# make docs    builds the pages into .cache/site, and runs and compares what they say
# make all     check and test
# make bench   measures speed, memory and accuracy (by hand, minutes)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .bootstrap/bin/uv
export OMP_NUM_THREADS ?= 1
export UV_LINK_MODE ?= hardlink

# uv does not read pip's settings: a mirror configured for pip is handed on.
PIP_INDEX := $(or $(PIP_INDEX_URL),$(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null))
ifneq ($(PIP_INDEX),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX)
endif

INSTALL := $(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt

.PHONY: all check fix test docs demo bench clean

all: check test

$(UV):
	$(PYTHON) -m venv .bootstrap
	.bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv

$(BIN)/python: | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)

# The stamps say what the environment holds; nothing is installed twice.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@if [ ! -e $(VENV)/.dev ]; then $(INSTALL) --editable ".[demo]"; fi
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable ".[train,explain,demo,heic]" --group dev
	@touch $@

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zensical build --strict --clean

fix: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(VENV)/.dev
	$(BIN)/mien weights fetch
	$(BIN)/python -m pytest -n 2 --dist loadfile

docs: $(VENV)/.dev
	$(BIN)/zensical build --strict --clean
	$(BIN)/python -m pytest tests/house/test_pages.py tests/house/test_page_commands.py tests/house/test_models_page.py tests/facs/test_facs_page.py tests/results/test_table.py

demo: $(VENV)/.demo
	$(BIN)/mien weights fetch
	$(BIN)/python examples/demo.py --out demo

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .bootstrap demo
