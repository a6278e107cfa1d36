# The commands of the README. Each sets up what it needs and nothing else; all of them can be run again at any time.
PYTHON ?= python3
SITE   ?= config/examples/bank
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: run check test explore mutants asterisk screenshots lock clean

run: $(VENV)/.run                ## serve the demo centre on http://127.0.0.1:8080
	$(BIN)/holdless serve $(SITE)

check: $(VENV)/.dev              ## style, types, who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check asterisk tests/.packages ## every test, with a real Asterisk, SIPp and Chromium
	$(BIN)/pytest -n 2 --dist loadscope -m "not alone"
	$(BIN)/pytest -m alone

explore: $(VENV)/.dev             ## the properties once more, on new examples drawn at random
	HOLDLESS_EXAMPLES=explore $(BIN)/pytest -n 2 tests/property

mutants: $(VENV)/.dev             ## does a test notice when the selection code is changed? (an hour)
	$(BIN)/pip install --quiet mutmut==3.8.1
	tools/mutants.sh $(CURDIR)/$(BIN)/python

asterisk:                        ## Asterisk 22 in .asterisk/, unpacked without root, where there is none on PATH
	tools/asterisk.sh

screenshots: $(VENV)/.dev tests/.packages ## the pictures of the documentation, anew from the browser tests
	HOLDLESS_UPDATE_SCREENSHOTS=1 $(BIN)/pytest tests/browser

lock: $(VENV)/.dev               ## pin every dependency again, with hashes
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --extra build pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" --extra build --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) .asterisk var tests/.packages

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.run

tests/.packages: tools/test-packages.sh
	tools/test-packages.sh
	touch $@
