from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from rollcast.errors import BackendError
from rollcast.runtime.backend import load_keras, prefer_jax


def python(code: str, home: Path, **environment: str) -> str:
    """What a fresh Python with its own home folder prints."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KERAS")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def stub(name: str) -> ModuleType:
    module = ModuleType("keras")
    module.backend = SimpleNamespace(backend=lambda: name)
    return module


@pytest.mark.parametrize(
    ("name", "shown"),
    [("tensorflow", "TensorFlow"), ("torch", "PyTorch"), ("openvino", "openvino")],
)
def test_keras_on_another_backend_is_refused_in_a_sentence(monkeypatch, name, shown):
    monkeypatch.setitem(sys.modules, "keras", stub(name))
    with pytest.raises(BackendError) as caught:
        load_keras.__wrapped__()
    assert str(caught.value) == (
        f"Keras already runs on {shown} here. Restart and import rollcast before keras, "
        "or set KERAS_BACKEND=jax."
    )


def test_the_environment_is_as_it_was_after_the_import(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", stub("jax"))
    monkeypatch.setenv("KERAS_HOME", "/somewhere")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    load_keras.__wrapped__()
    assert os.environ["KERAS_HOME"] == "/somewhere"
    assert "KERAS_BACKEND" not in os.environ


def test_a_later_import_of_keras_finds_jax_unless_another_was_chosen(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    prefer_jax()
    assert os.environ["KERAS_BACKEND"] == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    prefer_jax()
    assert os.environ["KERAS_BACKEND"] == "torch"


def test_where_keras_already_is_the_environment_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", stub("tensorflow"))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    prefer_jax()
    assert "KERAS_BACKEND" not in os.environ


def test_importing_rollcast_loads_nothing_heavy(tmp_path):
    loaded = python(
        "import sys, rollcast; dir(rollcast);"
        "print([m for m in ('keras', 'jax', 'jaxlib', 'numpy', 'pandas', 'polars', 'matplotlib',"
        " 'seaborn', 'rich', 'typer') if m in sys.modules])",
        tmp_path,
    )
    assert loaded.strip() == "[]"


USE = """
import rollcast as rc
model = rc.Forecaster(hidden_size=4)
from rollcast.networks.build import build_network
from rollcast.runtime.backend import load_keras
network = build_network(model.config, output_size=2)
keras = load_keras()
print(keras.backend.backend(), keras.backend.floatx(), network.body.dtype)
"""


@pytest.mark.slow
def test_keras_makes_no_settings_file(tmp_path):
    assert python(USE, tmp_path).split() == ["jax", "float32", "float32"]
    assert not (tmp_path / ".keras").exists()


@pytest.mark.slow
def test_a_settings_file_of_keras_changes_nothing(tmp_path):
    settings = tmp_path / ".keras" / "keras.json"
    settings.parent.mkdir()
    text = json.dumps({"floatx": "float16", "backend": "tensorflow"})
    settings.write_text(text)
    assert python(USE, tmp_path).split() == ["jax", "float32", "float32"]
    assert settings.read_text() == text


NO_GPU = """
import numpy as np, rollcast as rc
from rollcast.networks.build import build_network
for use in (lambda: build_network(rc.Config(hidden_size=4), output_size=2), lambda: rc.layers.LSTM):
    try:
        use()
    except rc.RollcastError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cuda", "nonsense"])
def test_a_platform_that_jax_lacks_is_told_in_a_sentence_with_the_fix(tmp_path, name):
    lines = python(NO_GPU, tmp_path, JAX_PLATFORMS=name).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith(f"BackendError JAX can't run on {name}, as JAX_PLATFORMS asks (")
        assert line.endswith("; set JAX_PLATFORMS=cpu, or unset it, and start again.")


FORK = """
import os, subprocess, sys, warnings
warnings.simplefilter("ignore")
import rollcast as rc
from rollcast.networks.build import build_network

def build():
    build_network(rc.Config(hidden_size=4), output_size=2)

def in_child(name, use):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            use()
            print(name, "fine")
        except rc.RollcastError as error:
            print(name, type(error).__name__, error)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)

def compile():
    from rollcast.runtime.programs import compiled
    compiled(("key",), abs, 1.0)

in_child("before", build)
if sys.argv[1:] == ["jax"]:
    import jax.numpy
    jax.numpy.zeros(1).block_until_ready()
else:
    build()
in_child("after", build)
in_child("compile", compile)
in_child("data", rc.datasets.airline)
print(subprocess.run([sys.executable, "-c", "print('run fine')"], capture_output=True, text=True).stdout, end="")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("argument", ["", "jax"])
def test_a_child_forked_after_jax_started_is_told_to_be_spawned_and_one_before_is_fine(
    tmp_path, argument
):
    code = f"import sys; sys.argv[1:] = {argument.split()!r}\n{FORK}"
    told = dict(line.split(" ", 1) for line in python(code, tmp_path).splitlines())
    sentence = (
        "BackendError This process was forked after JAX had started, and JAX would hang in it; "
        'start workers by spawn instead: multiprocessing.get_context("spawn").'
    )
    assert told == {
        "before": "fine",
        "after": sentence,
        "compile": sentence,
        "data": "fine",
        "run": "fine",
    }


FORK_WITHOUT_US = """
import os, sys, warnings
warnings.simplefilter("ignore")
import jax.numpy
jax.numpy.zeros(1).block_until_ready()
child = os.fork()
if child == 0:
    import rollcast as rc
    from rollcast.networks.build import build_network
    try:
        build_network(rc.Config(hidden_size=4), output_size=2)
    except rc.RollcastError as error:
        print(type(error).__name__, error)
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
import rollcast as rc
from rollcast.networks.build import build_network
build_network(rc.Config(hidden_size=4), output_size=2)
print("fine")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for threads as Linux tells")
def test_a_child_that_imports_rollcast_first_is_told_so_too_and_its_parent_is_fine(tmp_path):
    told, parent = python(FORK_WITHOUT_US, tmp_path).splitlines()
    assert told.startswith("BackendError This process was forked after JAX had started")
    assert parent == "fine"
