# Two commands matter: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test test-slow test-pandas2 check fuzz sanitize bench clean

setup: .venv/.installed

%/.installed: pyproject.toml CMakeLists.txt $(wildcard native/*)
	@echo "Installing into $* and compiling the kernels; this takes two or three minutes."
	@$(PYTHON) -m venv $*
	@$*/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	@$*/bin/python -m pip install --quiet --editable ".[all]" $(PINNED) --group dev
	@$*/bin/rollcast info
	@touch $@

demo: setup
	$(BIN)/rollcast demo

# One process more than cores, since some tests wait for others.
PROCESSES := $(shell expr $$($(PYTHON) -c 'import os; print(os.cpu_count())') + 1)
PYTEST_OPTIONS := --numprocesses=$(PROCESSES) --dist=loadfile --no-loadscope-reorder

# Most tests run on programs that XLA compiles quickly; those that compare bits run on what users run. Each process imports
# what it is given, so the first run is given only the files that compare bits.
test: setup
	XLA_FLAGS= $(BIN)/python -m pytest $(PYTEST_OPTIONS) -m bits $$(grep -rl --include="*.py" "mark\.bits" tests)
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "not bits and not soak and not slow"

test-slow: setup
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "slow and not bits and not soak"

# What reads and writes tables, once more on pandas 2: statsforecast and mlforecast need it.
.venv-pandas2/.installed: PINNED := "pandas<3"
test-pandas2: .venv-pandas2/.installed
	.venv-pandas2/bin/python -m pytest $(PYTEST_OPTIONS) tests/tables tests/data tests/test_datasets.py \
	  tests/forecasting/test_observe.py tests/stream/test_stream.py tests/cli

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

# Mutated files of each kind: models, states, checkpoints of fits and of streams. `make test` tries some hundred of each.
COUNT ?= 100000
fuzz: setup
	PYTHONPATH=tests/fuzz $(BIN)/python tests/fuzz/fuzz_files.py --count $(COUNT) --seed $(or $(SEED),0)

# The kernels' tests on a library that looks for wrong addresses and undefined behaviour; GCC on Linux.
sanitize: setup
	cmake -S . -B build/sanitize -DROLLCAST_SANITIZE=ON -DCMAKE_CXX_COMPILER=g++ \
	  -DPython_EXECUTABLE="$(CURDIR)/$(BIN)/python"
	cmake --build build/sanitize --parallel
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	  ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=4 \
	  ROLLCAST_LIBRARY=build/sanitize/librollcast_kernels.so \
	  $(BIN)/python -m pytest tests/networks/kernels

bench: setup
	$(PYTHON) benchmarks/run.py --data "$(DATA)"

clean:
	rm -rf .venv .venv-pandas2 build dist wheelhouse .pytest_cache .ruff_cache
