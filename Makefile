# make run    the whole system on this machine, with sample data; Ctrl-C stops it (SOURCES=all: by SFTP, S3, push… too)
# make test   everything that CI runs
# make test-long  the same, and what takes too long for each run
# make check  lint, format, types, the order of the layers, declared dependencies
# make bench  speed and memory, beside the rivals
# make bench-latency  seconds from arrival to publication, with a real Airflow
# make cluster  several machines' processes here: Postgres, Redis, an object store, two workers; Ctrl-C takes it down
# make surge  a day of England's files under a whole Airflow, 30 times as fast (SURGE="--hours 4")
# make fuzz   100,000 damaged files go the whole road (FUZZ="--inputs 2000", "--replay FILE")
# make torture  1,000 kills, full disks, damaged files of state (TORTURE="--kills 100")
# make contracts  the environment of datacontract-cli, for the tests that lint contracts with it
# make env    only the environment, in .venv
# make lock   new lock files, after a change of dependencies in pyproject.toml

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_VENV := .bench-venv
BENCH_LOCK := tests/bench/rivals/requirements-dlt.lock
SERVERS_VENV := .servers-venv
SERVERS_LOCK := tests/servers/requirements.lock
CONTRACTS_VENV := .contracts-venv
CONTRACTS_LOCK := tests/contracts/requirements.lock
# One more than the cores of a small machine: tests of servers and of time limits wait.
TEST_PROCESSES ?= 3

export UV_NO_PROGRESS := 1
export UV_LINK_MODE ?= copy
# Commands and tests start hundreds of processes: none of them compiles the code anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run cluster test test-long check bench bench-latency surge fuzz torture env servers contracts lock dictionary clean

run: env $(if $(SOURCES),servers)
	@exec $(BIN)/sitrep run $(if $(SOURCES),--sources $(SOURCES))

cluster: env servers
	@exec $(BIN)/sitrep cluster $(CLUSTER)

test: env servers
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup --no-loadscope-reorder

test-long: env servers contracts
	@$(BIN)/python -m pytest --long -n $(TEST_PROCESSES) --dist loadgroup --no-loadscope-reorder

check: env
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/deptry .
	@$(BIN)/sitrep dictionary --check
	@$(BIN)/python -m pytest -q tests/unit/test_house.py

bench: env
	@$(MAKE) --silent $(BENCH_VENV)/.ready || echo "dlt cannot be installed: it is left out."
	@$(BIN)/python -m tests.bench $(BENCH)

bench-latency: env
	@$(BIN)/python -m tests.bench latency $(BENCH)

surge: env
	@$(BIN)/python -m tests.surge --pace 30 $(SURGE)

fuzz: env
	@$(BIN)/python -m tests.attack.fuzz $(FUZZ)

torture: env
	@$(BIN)/python -m tests.attack.torture $(TORTURE)

$(BENCH_VENV)/.ready: $(BENCH_LOCK)
	@echo "Making the environment of a rival in $(BENCH_VENV)…"
	@$(PYTHON) -m venv --clear $(BENCH_VENV)
	@$(BIN)/uv pip install --quiet --python $(BENCH_VENV)/bin/python --require-hashes \
	  -r $(BENCH_LOCK) \
	  || $(BIN)/python -m pip --python $(BENCH_VENV)/bin/python install --quiet --disable-pip-version-check \
	  --require-hashes -r $(BENCH_LOCK)
	@touch $@

# Servers that tests and a local run deliver to; their pins clash with Airflow's.
servers: env
	@$(MAKE) --silent $(SERVERS_VENV)/.ready \
	  || echo "The servers cannot be installed: tests that need them are skipped."

$(SERVERS_VENV)/.ready: $(SERVERS_LOCK)
	@echo "Making the environment of test servers in $(SERVERS_VENV)…"
	@$(PYTHON) -m venv --clear $(SERVERS_VENV)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(SERVERS_VENV)/bin/python \
	  --require-hashes -r $(SERVERS_LOCK) \
	  || $(BIN)/python -m pip --python $(SERVERS_VENV)/bin/python install --quiet --disable-pip-version-check \
	  --require-hashes -r $(SERVERS_LOCK)
	@touch $@

# What lints contracts of the standard; it brings far more than the one library that we need.
contracts: env
	@$(MAKE) --silent $(CONTRACTS_VENV)/.ready \
	  || echo "datacontract-cli cannot be installed: tests that need it are skipped."

$(CONTRACTS_VENV)/.ready: $(CONTRACTS_LOCK)
	@echo "Making the environment of datacontract-cli in $(CONTRACTS_VENV)…"
	@$(PYTHON) -m venv --clear $(CONTRACTS_VENV)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(CONTRACTS_VENV)/bin/python \
	  --require-hashes -r $(CONTRACTS_LOCK) \
	  || $(BIN)/python -m pip --python $(CONTRACTS_VENV)/bin/python install --quiet --disable-pip-version-check \
	  --require-hashes -r $(CONTRACTS_LOCK)
	@touch $@

env: $(READY)

# Where uv cannot, pip installs; the one that comes with Python 3.11 takes extras for unpinned, so its own
# version is pinned too. editable_mode: a path and no finder, which costs every start of a command and knows no new folder.
$(READY): requirements.lock requirements-bootstrap.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making the environment in $(VENV)…"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements-bootstrap.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
	  -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	  --offline --config-setting editable_mode=compat --editable .
	@touch $@

lock: env
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header pyproject.toml --extra airflow --extra dev --extra ducklake --extra cluster \
	  --extra telemetry --output-file requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header requirements-bootstrap.in --output-file requirements-bootstrap.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header $(BENCH_LOCK:.lock=.in) --output-file $(BENCH_LOCK)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header $(SERVERS_LOCK:.lock=.in) --output-file $(SERVERS_LOCK)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header $(CONTRACTS_LOCK:.lock=.in) --output-file $(CONTRACTS_LOCK)

dictionary: env
	@$(BIN)/sitrep dictionary

clean:
	@rm -rf $(VENV) $(BENCH_VENV) $(SERVERS_VENV) $(CONTRACTS_VENV) var
