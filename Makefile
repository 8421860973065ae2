# Two commands matter: `make demo` and `make test`. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo test check sanitize bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml CMakeLists.txt $(wildcard native/*)
	@echo "Installing into .venv and compiling the kernels; this takes two or three minutes."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	@$(BIN)/rollcast info
	@touch $(STAMP)

demo: setup
	$(BIN)/rollcast demo

test: setup
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

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
	rm -rf .venv build dist wheelhouse .pytest_cache .ruff_cache
