# The Freqtrade releases that robustop is tested with. The newest is the one requirements.lock pins and .venv holds;
# each older one has a lock in compatibility/ and an environment of its own.

NEWEST_RELEASE := 2026.9
OLDER_RELEASES := 2026.8 2026.7 2026.6 2026.5.1 2026.4
COMPATIBILITY_TESTS := tests/bridge tests/core

OLDER_LOCKS := $(OLDER_RELEASES:%=compatibility/freqtrade-%.lock)
OLDER_INSTALLED := $(OLDER_RELEASES:%=$(VENV)-%/.installed)

.PHONY: compatibility compatibility-lock compatibility-clean wheels

$(OLDER_INSTALLED): $(VENV)-%/.installed: compatibility/freqtrade-%.lock
	@echo "installing Freqtrade $* into $(@D) (once, a few minutes)"
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@$(@D)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

compatibility: install $(OLDER_INSTALLED)  ## run tests, backtests and a hyperopt on each supported Freqtrade release
	@status=0; \
	for release in $(NEWEST_RELEASE) $(OLDER_RELEASES); do \
	  venv=$(VENV)-$$release; [ $$release != $(NEWEST_RELEASE) ] || venv=$(VENV); \
	  log=$$venv/compatibility.log; outcome=0; \
	  found=$$($$venv/bin/python -c 'import importlib.metadata; print(importlib.metadata.version("freqtrade"))'); \
	  if [ "$$found" != $$release ]; then echo "$$venv holds Freqtrade $$found" >$$log; outcome=1; \
	  else $$venv/bin/python -m pytest $(COMPATIBILITY_TESTS) -q >$$log 2>&1 || outcome=$$?; fi; \
	  echo "Freqtrade $$release: $$(tail -n 1 $$log)"; \
  if [ "$$found" = $$release ]; then \
    run=$$venv/release_run; expected=; [ $$release = $(NEWEST_RELEASE) ] || expected=$(VENV)/release_run; \
    $$venv/bin/python -m tests.support.release_run $$run $$expected >$$venv/release_run.log 2>&1 || outcome=1; \
    echo "  as $(NEWEST_RELEASE): $$(tail -n 1 $$venv/release_run.log)"; \
  fi; \
	  [ $$outcome = 0 ] || { status=1; echo "  see $$log"; }; \
	done; exit $$status

# joblib 1.6 no longer carries the cloudpickle that hyperopt imported from it before 2026.9.
compatibility-lock: install  ## update the locks of the older releases, as close to requirements.lock as they allow
	@for release in $(OLDER_RELEASES); do \
	  lock=compatibility/freqtrade-$$release.lock; cp requirements.lock $$lock; \
	  printf '%s\n' "freqtrade[hyperopt]==$$release" "freqtrade-client==$$release" 'joblib<1.6' | \
	  $(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --quiet --override - --output-file $$lock || exit 1; \
	done

wheels: install  ## build the wheel, install it beside each Freqtrade release, and compare the packages before and after
	@ROBUSTOP_WHEELS=$(abspath $(VENV)-wheels) $(BIN)/python -m pytest tests/compatibility/test_wheel_installs.py -q

clean: compatibility-clean

compatibility-clean:
	@rm -rf $(OLDER_RELEASES:%=$(VENV)-%) $(VENV)-wheels
