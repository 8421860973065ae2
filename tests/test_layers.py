import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.backend import load_keras
from rollcast.layers import CELLS, STATES_PER_CELL, to_stock
from samples import CELL_STEPS

keras = load_keras()
RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(2, 5, 3)).astype(np.float32)


def stock_of(cell: str, *arguments, **options):
    return getattr(keras.layers, CELLS[cell].__name__)(*arguments, **options)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_and_outputs_are_those_of_keras(cell):
    ours, stock = CELLS[cell](4, return_sequences=True), stock_of(cell, 4, return_sequences=True)
    ours.build(INPUTS.shape)
    stock.build(INPUTS.shape)
    weights = [RANDOM.normal(size=w.shape) for w in stock.get_weights()]
    stock.set_weights(weights)
    ours.set_weights(stock.get_weights())
    assert_allclose(ours(INPUTS), stock(INPUTS), atol=1e-6)
    stock.set_weights(ours.get_weights())
    assert [w.path.split("/", 1)[1] for w in ours.weights] == [
        w.path.split("/", 1)[1] for w in stock.weights
    ]


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_is_the_equation_of_the_field(cell):
    layer = CELLS[cell](4, return_state=True, bias_initializer="random_normal")
    first = RANDOM.normal(size=(1, 1, 3)).astype(np.float32)
    states = [RANDOM.normal(size=(1, 4)).astype(np.float32) for _ in range(STATES_PER_CELL[cell])]
    _, *after = layer(first, initial_state=[keras.ops.array(s) for s in states])
    step, count = CELL_STEPS[cell]
    slow = step(first[0, 0], [s[0] for s in states], layer.get_weights())
    assert len(after) == count == len(slow)
    for ours, expected in zip(after, slow, strict=True):
        np.testing.assert_allclose(ours[0], expected, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_names_of_classes_are_keras_own(cell):
    """The paths of saved weights contain them."""
    assert CELLS[cell].__name__ in ("LSTM", "GRU", "SimpleRNN")
    assert issubclass(CELLS[cell], getattr(keras.layers, CELLS[cell].__name__))


@pytest.mark.parametrize("cell", CELLS)
def test_to_stock_gives_keras_own_layer_with_the_same_options(cell):
    ours = CELLS[cell](4, go_backwards=True, dropout=0.1, name="reader")
    stock = to_stock(ours)
    assert type(stock) is getattr(keras.layers, type(ours).__name__)
    assert stock.get_config() == ours.get_config()


def test_to_stock_looks_into_wrappers_and_nested_models():
    both = keras.layers.Bidirectional(
        CELLS["gru"](4), backward_layer=CELLS["gru"](4, go_backwards=True)
    )
    stock = to_stock(both)
    assert type(stock.forward_layer) is keras.layers.GRU
    assert type(stock.backward_layer) is keras.layers.GRU
    inner = keras.Sequential([keras.Input((5, 3)), CELLS["lstm"](4)])
    assert type(to_stock(inner).layers[0]) is keras.layers.LSTM
    dense = keras.layers.Dense(3, name="out")
    assert to_stock(dense) is not dense
    assert to_stock(dense).get_config() == dense.get_config()
