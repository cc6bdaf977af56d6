# Everything generated lies under .venv/ and var/. What must be there: Python 3.11 or newer, and make.

PIP = .venv/bin/pip install --quiet --disable-pip-version-check --no-input --require-hashes
PYTHON = .venv/bin/python

.PHONY: install run test test-all lint bench clean lock messages

install: .venv/run.installed  ## makes .venv with the locked dependencies

run: install  ## runs the demo: everything in one terminal, until Ctrl-C
	@exec $(PYTHON) manage.py up

test: .venv/test.installed  ## the whole test suite, browser tests included
	@CHROMIUM="$$($(PYTHON) scripts/chromium.py)" && export CHROMIUM VAR_DIR="$${VAR_DIR:-$(CURDIR)/var/test}" \
		&& exec .venv/bin/pytest -n auto --dist loadgroup

test-all: .venv/test.installed  ## the same, with every page in every setting
	@CHROMIUM="$$($(PYTHON) scripts/chromium.py)" && export CHROMIUM VAR_DIR="$${VAR_DIR:-$(CURDIR)/var/test}" \
		&& EVERY_SETTING=1 exec .venv/bin/pytest -n auto --dist loadgroup

lint: .venv/test.installed  ## style, types, and which part may know which
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	@find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 --check {} +

bench: .venv/bench.installed  ## each figure beside the limit it is held against
	@VAR_DIR="$${VAR_DIR:-$(CURDIR)/var/bench}" exec $(PYTHON) -m benchmarks

clean:  ## ends the embedded services and removes all that was made
	@if [ -x $(PYTHON) ]; then $(PYTHON) scripts/stop.py var var/test var/bench; fi
	rm -rf .venv var

lock: .venv/tools.installed  ## compiles requirements/*.txt from pyproject.toml
	$(LOCK) -o requirements/run.txt
	$(LOCK) --group test -o requirements/test.txt
	$(LOCK) --group bench -o requirements/bench.txt

messages: .venv/run.installed  ## collects the words of the pages for translation, and compiles them (needs gettext)
	$(PYTHON) manage.py makemessages -l en --no-obsolete --no-wrap --add-location file -i .venv -i var -i tests -i benchmarks -i sandbox
	$(PYTHON) manage.py compilemessages -l en -l sv -i .venv

LOCK = .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q

.venv/run.installed: requirements/run.txt | .venv/made
	$(PIP) -r requirements/run.txt
	@touch $@

.venv/test.installed: requirements/test.txt | .venv/made
	$(PIP) -r requirements/test.txt
	@touch $@

.venv/bench.installed: requirements/bench.txt | .venv/made
	$(PIP) -r requirements/bench.txt
	@touch $@

.venv/tools.installed: pyproject.toml | .venv/made
	.venv/bin/pip install --quiet --disable-pip-version-check --no-input "uv>=0.5"
	@touch $@

.venv/made:
	@sh scripts/make-venv
	@touch $@
