# Two commands do everything: `make demo` and `make test`. Both make .venv and install what they need.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

.PHONY: demo test fast lint bench wheel clean

demo: $(RUN)          ## build pairs with the embedded model, then show one
	$(BIN)/musicc build specs/skywork.music --profile embedded
	$(BIN)/musicc show build/skywork/embedded --first

test: lint            ## lint, types, import rules, and all tests
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

fast: $(DEV)          ## the quick tests only
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(DEV): $(RUN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

wheel: $(DEV)
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) build dist .musicc *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
