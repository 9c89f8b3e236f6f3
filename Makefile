# On a machine with Python 3.11, git and make, `make demo` and `make test` do everything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help install demo test lint check cases corpus bench endurance rehearsal kills fuzz monitor-clean one-audit pictures metrics-picture lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $$($(PYTHON) --version) is too old: robustop needs Python 3.11 or newer; name one with PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "error: this Python cannot make virtual environments: install python3-venv"; exit 2; }
	@echo "installing into $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@awk '/^[^ ]/ {wanted = /^uv==/} wanted' requirements.lock >$(VENV)/uv.lock  # installs in a tenth of pip's time
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

install: $(INSTALLED)  ## create .venv and install everything into it

demo: install  ## run freqtrade backtesting with and without robustop, offline
	@$(BIN)/robustop demo

test: lint  ## run everything: lint, types, architecture, and all tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: install  ## check lint, format, types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check: lint  ## check lint, format, types, architecture
	@$(BIN)/python -m pytest --quiet tests/test_architecture.py

cases: install  ## run 10,000 random cases of every engine, and composed ones, against exact rationals (about half an hour)
	@$(BIN)/python -m tests.support.compare_with_oracle --examples 10000

fuzz: install  ## call every callback a million times with anything (about half an hour; CALLS=, and --seed N in OPTIONS=)
	@$(BIN)/python -m tests.fuzz --calls $(or $(CALLS),1000000) $(OPTIONS)

corpus: install  ## examine every strategy below DIR=...: load, check, same trades, no looser stop (needs ROBUSTOP_DATA; more in OPTIONS=)
	@$(BIN)/python -m tests.corpus "$(DIR)" $(OPTIONS)

bench: install  ## measure the ratios of the README (with ROBUSTOP_DATA on real candles; a shorter time in OPTIONS=)
	@$(BIN)/python benchmarks/bench.py $(OPTIONS)

endurance: install  ## run a live bot with 20 pairs through 72 hours of replayed candles (20 minutes; more in OPTIONS=)
	@$(BIN)/python benchmarks/endurance.py $(OPTIONS)

rehearsal: install  ## play every disaster with and without robustop, and write the page that compares them (about an hour; more in OPTIONS=)
	@$(BIN)/python benchmarks/rehearsals.py $(OPTIONS)

kills: install  ## kill bots at 1,000 drawn points and compare what they do afterwards (under an hour; fewer with KILLS=40, others with SEED=3)
	@$(BIN)/python -m tests.kills $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(OPTIONS)

monitor-clean: install  ## watch ten lives of live bots with nothing wrong in them: the monitor has to find nothing (10 minutes; RUNS=)
	@$(BIN)/python -m tests.operate.clean_runs --runs $(or $(RUNS),10)

one-audit: install  ## compare the audits of a dry run, a live bot and a backtest over the same prices (15 minutes; more in OPTIONS=)
	@$(BIN)/python benchmarks/one_audit.py $(OPTIONS)

pictures: install  ## redraw docs/pictures, each from the case beside it, and those of robustop status and monitor
	@for case in docs/pictures/*.json; do \
	  echo "$$case"; $(BIN)/robustop simulate --plot "$${case%.json}.svg" <"$$case" >/dev/null || exit 1; \
	done
	@$(BIN)/python -m tests.support.status_picture
	@$(BIN)/robustop monitor --show docs/reference/monitor_report.example.json --picture docs/pictures/monitor.svg >/dev/null; \
	  test $$? -eq 1  # the status of the report

metrics-picture: install  ## run a bot, and draw what its exporter serves into docs/pictures/metrics.svg
	@$(BIN)/python -m tests.metrics.picture docs/pictures/metrics.svg

lock: install  ## update requirements.lock from pyproject.toml
	@printf '%s\n' "freqtrade==$(NEWEST_RELEASE)" "freqtrade-client==$(NEWEST_RELEASE)" | \
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet --constraint - --output-file requirements.lock
	@$(MAKE) compatibility-lock

clean:  ## remove everything that the other targets created
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis user_data/demo user_data/bench user_data/rehearsals

include compatibility.mk
include mutation.mk
