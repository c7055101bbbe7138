# Each target does all its own set-up on a fresh Debian or Ubuntu machine, and is quiet the second time.
#   make demo    practice nodes on this machine: the screens in a terminal, else a cluster made at once
#   make test    everything that CI runs
#   make lab     three machines with a real systemd, sshd and apt, until Ctrl-C
VENV := .venv
STAMP := $(VENV)/.installed
SYSTEM := .cache/system-packages
SSHD := .cache/sshd/complete
LAB := .cache/lab/complete
PYTHON ?= python3
SHARES ?= $(shell echo $$(($$(nproc) + 1)))

.PHONY: demo test lab lint bench peers golden messages snapshots pictures lock clean

demo: $(STAMP) $(SYSTEM)
	@if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then $(VENV)/bin/zkwizard; else $(VENV)/bin/zkwizard demo; fi

# Several processes share the tests, as most of these wait most of the time.
test: lint $(SSHD) $(LAB)
	@$(VENV)/bin/python -m pytest -n $(SHARES)

lab: $(STAMP) $(SYSTEM) $(LAB)
	@$(VENV)/bin/python -m tests.lab

lint: $(STAMP) $(SYSTEM)
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/lint-imports >.cache/imports.log || { cat .cache/imports.log; false; }

bench: $(STAMP) $(SYSTEM) $(SSHD)
	@$(VENV)/bin/python -m benchmarks

# Side by side with other tools, in a virtual environment of their own; about a quarter of an hour.
peers: $(STAMP) $(SYSTEM) $(SSHD)
	@$(VENV)/bin/python -m benchmarks peers

# Takes new texts of the program into assets/locale, and lets those go that it no longer has.
messages: $(STAMP)
	@$(VENV)/bin/python -m tools.messages

golden: $(STAMP)
	@ZKWIZARD_GOLDEN=write $(VENV)/bin/python -m pytest tests/golden

snapshots: $(STAMP)
	@ZKWIZARD_SNAPSHOTS=write $(VENV)/bin/python -m pytest -n $(SHARES) -q tests/ui/test_ui_snapshots*.py

# The whole way by keys on practice nodes, into assets/pictures; some minutes.
pictures: $(STAMP) $(SYSTEM)
	@$(VENV)/bin/python -m tools.pictures

# All versions with their hashes and no addresses.
lock:
	uv pip compile --quiet --generate-hashes --no-header --no-annotate --universal --python-version 3.11 \
	  --extra dev pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --generate-hashes --no-header --no-annotate --universal --python-version 3.11 \
	  benchmarks/peers-requirements.in --output-file benchmarks/peers-requirements.lock

$(STAMP): requirements.lock pyproject.toml | $(SYSTEM)
	@echo "installing zkwizard and its tools into $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "zkwizard needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(VENV)/bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What the practice nodes and the tests call; none of these packages starts a service.
$(SYSTEM): tools/system-packages.sh
	@mkdir -p .cache
	@sh tools/system-packages.sh
	@touch $@

# sshd and sudo for the test nodes: unpacked into the cache, never installed.
$(SSHD): tests/sshd/packages.py | $(STAMP)
	@$(VENV)/bin/python -m tests.sshd.packages

# The root of the lab's machines and the repositories that they install from.
$(LAB): tests/lab/image.py tests/lab/debs.py zkwizard/demo/standins/packages.py zkwizard/demo/standins/programs.py \
    zkwizard/demo/standins/unit_files.py | $(STAMP) $(SYSTEM)
	@$(VENV)/bin/python -m tests.lab.image
	@$(VENV)/bin/python -m tests.lab.debs
	@touch $@

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
