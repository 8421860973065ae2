import gc
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from rollcast.runtime import programs


@pytest.fixture(autouse=True)
def store(monkeypatch):
    """A store of its own."""
    kept: dict = {}
    monkeypatch.setattr(programs, "_store", kept)
    return kept


def twice(x):
    return 2 * x


def test_one_key_and_one_shape_compile_once():
    first = programs.compiled(("twice",), twice, np.ones(3, np.float32))
    again = programs.compiled(("twice",), lambda x: x, np.zeros(3, np.float32))
    assert again is first
    assert programs.count() == 1
    assert np.asarray(first(np.arange(3, dtype=np.float32))).tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("key", "argument"),
    [
        (("other",), np.ones(3, np.float32)),
        (("twice",), np.ones(4, np.float32)),
        (("twice",), np.ones(3, np.int32)),
        (("twice",), [np.ones(3, np.float32)]),
    ],
)
def test_another_key_shape_type_or_structure_is_another_program(key, argument):
    first = programs.compiled(("twice",), twice, np.ones(3, np.float32))
    assert programs.compiled(key, lambda x: jnp.sum(jnp.asarray(x)), argument) is not first
    assert programs.count() == 2


def test_one_function_object_gives_a_program_for_each_of_its_closures():
    """JAX knows a function by its object, and not by what it closes over."""
    length = 1

    def several(x):
        return x * length

    x = np.ones(3, np.float32)
    first = programs.compiled(("several", 1), several, x)
    length = 5
    second = programs.compiled(("several", 5), several, x)
    assert np.asarray(first(x)).tolist() == [1, 1, 1]
    assert np.asarray(second(x)).tolist() == [5, 5, 5]


def test_the_program_unused_for_longest_goes_first(monkeypatch):
    monkeypatch.setattr(programs, "CAPACITY", 3)
    x = np.ones(2, np.float32)
    kept = {name: programs.compiled((name,), twice, x) for name in "abc"}
    assert programs.compiled(("a",), twice, x) is kept["a"]
    programs.compiled(("d",), twice, x)
    assert programs.count() == 3
    assert programs.compiled(("a",), twice, x) is kept["a"]
    assert programs.compiled(("b",), twice, x) is not kept["b"]


def test_the_time_spent_compiling_is_counted():
    before = programs.compile_seconds()
    programs.compiled(("timed",), twice, np.ones(5, np.float32))
    between = programs.compile_seconds()
    assert 0 < between - before < 30
    programs.compiled(("timed",), twice, np.ones(5, np.float32))
    assert programs.compile_seconds() == between


def test_an_identity_is_never_given_again():
    def make():
        return lambda: None

    seen = set()
    for _ in range(50):
        thing = make()
        assert programs.identity(thing) == programs.identity(thing)
        seen.add(programs.identity(thing))
        del thing
        gc.collect(0)
    assert len(seen) == 50


def test_classes_of_ones_own_are_told_apart_though_they_share_a_name():
    def define():
        class Mine:
            pass

        return Mine

    assert programs.describe_class(define()) != programs.describe_class(define())
    assert programs.describe_class(Fraction) == programs.describe_class(Fraction)
