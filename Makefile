# Commands of the project. `make demo` and `make test` install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
COMPILED := $(shell find unbounded -name '*.[ch]')

.PHONY: install demo test check format cases clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt $(COMPILED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Install the venv module first: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: install
	$(BIN)/unbounded demo

test: install
	scripts/test-services
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/cases --engine-settings optimizer_off
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/cases --engine-settings one_thread

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses 2 tests/unit tests/properties tests/style

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
