"""Which implementation runs, and what is said about it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from rollcast.errors import BackendError
from rollcast.networks.kernels import library as library_module
from rollcast.networks.kernels import status
from rollcast.networks.kernels.library import CELLS, INSTRUCTION_SETS, library, registered

SAY = "from rollcast.networks.kernels import status; s = status(); print(s.active, s.instruction_set, s.reason)"

needs_library = pytest.mark.skipif(
    library_module.find_library() is None, reason="the fused kernels were not built"
)


@pytest.fixture
def afresh(monkeypatch):
    """What is chosen once in a process is chosen again, and forgotten afterwards."""
    for name in ("ROLLCAST_KERNELS", "ROLLCAST_ISA"):
        monkeypatch.delenv(name, raising=False)
    caches = (library_module._chosen, library_module.registered)
    for chosen in caches:
        chosen.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    for chosen in caches:
        chosen.cache_clear()


@pytest.fixture
def not_built(afresh):
    """A search for the library that finds nothing."""
    afresh.setattr(library_module, "find_library", lambda: None)
    return afresh


def new_process(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ROLLCAST_KERNELS", "ROLLCAST_ISA")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | {"PYTHONPATH": os.pathsep.join(sys.path)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_library
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "True"),
        ({"ROLLCAST_KERNELS": "auto"}, "True"),
        ({"ROLLCAST_KERNELS": "native"}, "True"),
        ({"ROLLCAST_ISA": "portable"}, "True portable fused kernels, portable (ROLLCAST_ISA asks"),
        ({"ROLLCAST_KERNELS": "xla"}, "False  Keras' own loops, since ROLLCAST_KERNELS=xla asks"),
    ],
)
def test_a_variable_chooses_what_runs(variables, said):
    ran = new_process(SAY, **variables)
    assert ran.stdout.startswith(said)
    assert not ran.stderr


@needs_library
@pytest.mark.parametrize("name", ["ROLLCAST_KERNELS", "ROLLCAST_ISA"])
def test_a_value_that_is_none_is_refused_in_a_sentence(afresh, name):
    afresh.setenv(name, "nonsense")
    with pytest.raises(BackendError, match=rf"^{name} must be one of .*; got 'nonsense'\.$"):
        status()


@needs_library
def test_an_instruction_set_that_does_not_run_here_is_refused(afresh):
    class Portable:
        @staticmethod
        def rollcast_supports(number) -> bool:
            return number.value == 0

    afresh.setenv("ROLLCAST_ISA", "avx512")
    afresh.setattr(library_module.ctypes, "CDLL", lambda _: Portable)
    with pytest.raises(BackendError, match=r"avx512, which does not run here; .*: portable\.$"):
        status()


@needs_library
def test_the_best_instruction_set_is_taken(afresh):
    native = library()
    here = [i for i in range(3) if native.handle.rollcast_supports(i)]
    assert native.instruction_set == here[-1]
    assert here[0] == 0
    assert status().instruction_set == INSTRUCTION_SETS[here[-1]]


def test_a_library_that_was_not_built_is_told_in_one_line(not_built, caplog):
    with caplog.at_level(logging.DEBUG):
        told = status()
        assert status() is told
    assert not told.active
    assert not told.instruction_set
    assert "were not built; install a C++ compiler" in told.reason
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("rollcast", "WARNING")
    assert "slower path" in record.message
    assert "\n" not in record.message


def test_a_library_that_cannot_be_loaded_is_told_in_one_line(afresh, caplog, tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    afresh.setattr(library_module, "find_library", lambda: broken)
    assert not status().active
    assert str(broken) in status().reason
    assert [record.name for record in caplog.records] == ["rollcast"]


def test_asking_for_kernels_that_were_not_built_is_an_error(not_built, caplog):
    not_built.setenv("ROLLCAST_KERNELS", "native")
    with pytest.raises(BackendError, match=r"ROLLCAST_KERNELS=native asks .* were not built"):
        status()
    assert not caplog.records


def test_asking_for_keras_loops_says_nothing(not_built, caplog):
    not_built.setenv("ROLLCAST_KERNELS", "xla")
    assert not status().active
    assert not caplog.records


def test_calls_without_a_library_are_refused(not_built):
    assert library() is None
    with pytest.raises(BackendError, match="not active"):
        registered()


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_layers_work_without_the_library(not_built, cell):
    import keras

    from rollcast import layers

    x = np.random.default_rng(0).normal(size=(9, 5, 3)).astype(np.float32)
    mask = np.random.default_rng(1).random((9, 5)) > 0.3
    ours = getattr(layers, cell)(4, return_sequences=True, seed=0)
    stock = getattr(keras.layers, cell)(4, return_sequences=True, seed=0)
    outputs = ours(x, mask=mask)
    stock.build(x.shape)
    stock.set_weights(ours.get_weights())
    np.testing.assert_array_equal(outputs, stock(x, mask=mask))
    dropped = layers.Dropout(0.5, seed=1)(x, training=True)
    kept = keras.layers.Dropout(0.5, seed=1)(x, training=True)
    np.testing.assert_array_equal(dropped, kept)


@pytest.mark.skipif(library() is None, reason=status().reason)
def test_sizes_grow_with_the_batch():
    native = library()
    assert native is not None
    for cell in CELLS:
        small, large = native.sizes(cell, 2, 3, 4, 5), native.sizes(cell, 20, 3, 4, 5)
        assert min(small) > 0
        assert all(a < b for a, b in zip(small, large, strict=True))
        # What is saved is kept for each step; each vector of units may be padded to its width.
        assert native.sizes(cell, 2, 6, 4, 5).saved == 2 * small.saved
