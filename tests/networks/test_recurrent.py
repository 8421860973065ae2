import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rollcast.networks.kernels import recurrence, status
from rollcast.networks.recurrent import CELLS as ALL_CELLS
from rollcast.networks.recurrent import Dropout, to_stock
from rollcast.networks.weight_shapes import STATES_PER_CELL
from rollcast.runtime.backend import load_keras
from samples import CELL_STEPS

keras = load_keras()
RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(2, 5, 3)).astype(np.float32)

CELLS = {name: cell for name, cell in ALL_CELLS.items() if name != "esn"}
"""Those that Keras has too; see test_reservoir.py for the other."""


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


# ---- in the place of Keras' own: outputs, states, gradients ----

B, T, F, H = 9, 6, 3, 4  # nine rows: even a single step of them is the kernels'
X = RANDOM.normal(size=(B, T, F)).astype(np.float32)
MASK = RANDOM.random((B, T)) > 0.3
MASK[2] = False
STATES = [RANDOM.normal(size=(B, H)).astype(np.float32) for _ in range(2)]

every_cell = pytest.mark.parametrize("cell", CELLS)


@pytest.fixture
def fused(monkeypatch):
    """Cells that the kernels have run, as they are called."""
    called = []

    def counted(cell, *arguments, **options):
        called.append(cell)
        return original(cell, *arguments, **options)

    original = recurrence.recur
    monkeypatch.setattr(recurrence, "recur", counted)
    return called


KERNELS_RUN = status().active and jax.default_backend() == "cpu"


def pair_of(layer, stock=None):
    """A layer or model of ours and Keras' own with the same weights and seeds, biases not 0."""
    stock = stock or to_stock(layer)
    for each in (layer, stock):
        if not each.built:
            each.build((B, T, F))
    random = np.random.default_rng(5)
    weights = [
        v.numpy() if "seed" in v.path else random.normal(0, 0.5, v.shape) for v in layer.variables
    ]
    for each in (layer, stock):
        for variable, value in zip(each.variables, weights, strict=True):
            variable.assign(value)
    return layer, stock


def outputs_of(layer, **call):
    """A compiled function of inputs: outputs, and what the layer keeps."""

    def run(x):
        weights = [v.value for v in layer.trainable_variables]
        kept = [v.value for v in layer.non_trainable_variables]
        outputs, kept = layer.stateless_call(weights, kept, x, **call)
        return jax.tree.leaves(outputs), kept

    return jax.jit(run)


def gradients_of(layer, **call):
    """A compiled function of inputs, with states or none: those of weights, inputs and states; outputs."""

    def loss(weights, x, states):
        given = call if states is None else call | {"initial_state": states}
        kept = [v.value for v in layer.non_trainable_variables]
        outputs, kept = layer.stateless_call(weights, kept, x, **given)
        outputs = jax.tree.leaves(outputs)
        total = sum(jax.numpy.sin((i + 2) * o).sum() for i, o in enumerate(outputs))
        return total, (outputs, kept)

    step = jax.jit(jax.grad(loss, (0, 1, 2), has_aux=True))
    weights = [v.value for v in layer.trainable_variables]
    return lambda x, states=None: step(weights, x, states)


def assert_near(ours, stock, tolerance=1e-5):
    assert jax.tree.structure(ours) == jax.tree.structure(stock)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(stock), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        error = np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max()
        most = np.abs(np.asarray(b, np.float64)).max()
        assert error <= tolerance * most, f"{error:.2e} of {most:.2e}"


def assert_drops_in(layer, fused=None, x=X, states=None, stock=None, **call):
    ours, stock = pair_of(layer, stock)
    assert_near(gradients_of(ours, **call)(x, states), gradients_of(stock, **call)(x, states))
    if fused is not None:
        assert bool(fused) == KERNELS_RUN


SEQUENCES = {"return_sequences": True, "return_state": True}
OPTIONS = {
    "last": {},
    "backwards": {"go_backwards": True, **SEQUENCES},
    "no bias": {"use_bias": False, "return_sequences": True},
}


@pytest.mark.parametrize("options", OPTIONS)
@every_cell
def test_outputs_states_and_gradients_are_those_of_keras(cell, options, fused):
    assert_drops_in(CELLS[cell](H, **OPTIONS[options]), fused)


@every_cell
def test_given_states_are_read_and_have_gradients(cell, fused):
    layer = CELLS[cell](H, **SEQUENCES)
    assert_drops_in(layer, fused, states=STATES[: STATES_PER_CELL[cell]])


@pytest.mark.parametrize(
    "options",
    [{}, {"go_backwards": True, "zero_output_for_mask": True}],
    ids=["forwards", "backwards with zeros"],
)
@every_cell
def test_masked_steps_are_those_of_keras(cell, options, fused):
    assert_drops_in(CELLS[cell](H, **SEQUENCES, **options), fused, mask=MASK)


def test_last_output_under_a_mask_is_that_of_keras(fused):
    assert_drops_in(CELLS["lstm"](H), fused, mask=MASK)
    assert_drops_in(CELLS["lstm"](H, zero_output_for_mask=True), fused, mask=MASK)


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("gru", {"reset_after": False}),
        ("gru", {"reset_after": False, "use_bias": False}),
        ("gru", {"implementation": 1}),
        ("gru", {"implementation": 1, "reset_after": False}),
        ("lstm", {"implementation": 1}),
        ("rnn", {"activation": "relu"}),
    ],
)
def test_variants_of_cells_are_those_of_keras(cell, options, fused):
    options = SEQUENCES | options
    layer, stock = CELLS[cell](H, **options), stock_of(cell, H, **options)
    assert_drops_in(layer, fused, stock=stock, mask=MASK)


@pytest.mark.parametrize(
    ("cell", "batch", "length"),
    [*[(c, B, 1) for c in CELLS], ("lstm", 1, 1), ("lstm", 1, T)],
)
def test_single_steps_and_single_rows(cell, batch, length):
    x = np.random.default_rng(3).normal(size=(batch, length, F)).astype(np.float32)
    assert_drops_in(CELLS[cell](H, return_sequences=True), x=x)


@every_cell
def test_dropout_of_inputs_drops_what_keras_drops(cell, fused):
    layer = CELLS[cell](H, dropout=0.4, seed=3, return_sequences=True)
    assert_drops_in(layer, fused, training=True)


@every_cell
def test_states_are_kept_from_batch_to_batch_until_reset(cell):
    ours, stock = CELLS[cell](H, stateful=True), stock_of(cell, H, stateful=True)
    for layer in (ours, stock):
        layer.build((B, T, F))
    stock.set_weights(ours.get_weights())
    chunks = (X[:, :3], X[:, 3:])
    for chunk in chunks:
        assert_near(ours(chunk), stock(chunk))
    assert len(ours.states) == STATES_PER_CELL[cell]
    for a, b in zip(ours.states, stock.states, strict=True):
        assert_near(a.value, b.value)
    whole = CELLS[cell](H)
    whole.build((B, T, F))
    whole.set_weights([w for w in ours.get_weights() if w.shape != (B, H)])
    assert_near(ours.states[0].value, whole(X))
    for layer in (ours, stock):
        layer.reset_state()
    assert_near(ours(chunks[1]), stock(chunks[1]))


# ---- inside other layers ----


def model_of(*layers):
    return keras.Sequential([keras.Input((T, F), batch_size=B), *layers])


def test_under_a_masking_layer(fused):
    x = np.where(MASK[..., None], X, 0).astype(np.float32)
    layers = (CELLS["lstm"](H, return_sequences=True), CELLS["gru"](H))
    assert_drops_in(model_of(keras.layers.Masking(), *layers), fused, x=x)


@pytest.mark.parametrize(
    ("cell", "sequences", "mask"),
    [*[(c, True, MASK) for c in CELLS], ("lstm", True, None), ("lstm", False, MASK)],
)
def test_in_both_directions(cell, sequences, mask, fused):
    layer = keras.layers.Bidirectional(CELLS[cell](H, return_sequences=sequences))
    assert_drops_in(layer, fused, mask=mask)


def test_in_both_directions_with_states_and_a_sum(fused):
    layer = keras.layers.Bidirectional(
        CELLS["lstm"](H, return_sequences=True, return_state=True), merge_mode="sum"
    )
    assert_drops_in(layer, fused, mask=MASK)


def test_under_time_distributed(fused):
    x = np.random.default_rng(4).normal(size=(3, 5, T, F)).astype(np.float32)
    layer = keras.layers.TimeDistributed(CELLS["gru"](H))
    layer.build(x.shape)
    assert_drops_in(layer, fused, x=x)


# ---- what the kernels cannot do ----


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("lstm", {"activation": "relu"}),
        ("lstm", {"recurrent_activation": "hard_sigmoid"}),
        ("lstm", {"recurrent_dropout": 0.3}),
        ("lstm", {"unroll": True}),
        ("lstm", {"dtype": "mixed_bfloat16"}),
        ("lstm", {"implementation": 1, "dropout": 0.3, "use_cudnn": False}),
        ("gru", {"activation": "relu"}),
        ("gru", {"recurrent_activation": "tanh", "reset_after": False}),
        ("gru", {"implementation": 1, "dropout": 0.3, "use_cudnn": False}),
        ("gru", {"dtype": "mixed_float16", "reset_after": False}),
        ("rnn", {"activation": "sigmoid"}),
        ("rnn", {"recurrent_dropout": 0.3}),
    ],
)
def test_what_the_kernels_cannot_do_is_done_by_keras(cell, options, fused):
    ours, stock = pair_of(CELLS[cell](H, seed=1, **options), stock_of(cell, H, seed=1, **options))
    results = outputs_of(ours, training=True)(X)
    jax.tree.map(assert_array_equal, results, outputs_of(stock, training=True)(X))
    assert not fused


def test_double_precision_is_kept(fused):
    with jax.enable_x64(True):
        ours, stock = pair_of(CELLS["lstm"](H, dtype="float64"))
        x = X.astype(np.float64)
        (outputs,), _ = results = outputs_of(ours)(x)
        jax.tree.map(assert_array_equal, results, outputs_of(stock)(x))
        assert outputs.dtype == "float64"
    assert not fused


@pytest.mark.parametrize("path", ["kernels", "loops"])
@every_cell
def test_nan_in_a_step_that_is_not_read_stays_without_effect(cell, path, monkeypatch):
    if path == "loops":
        monkeypatch.setattr("rollcast.networks.recurrent.library", lambda: None)
    layer, _ = pair_of(CELLS[cell](H, return_sequences=True))
    x = np.where(MASK[..., None], X, np.nan).astype(np.float32)
    step = gradients_of(layer, mask=MASK)
    results = step(x)
    assert all(np.isfinite(a).all() for a in jax.tree.leaves(results))
    jax.tree.map(assert_array_equal, results, step(X))


@pytest.mark.parametrize("path", ["kernels", "loops"])
def test_a_mask_of_numbers_is_a_mask(path, monkeypatch):
    if path == "loops":
        monkeypatch.setattr("rollcast.networks.recurrent.library", lambda: None)
    layer, stock = pair_of(CELLS["gru"](H, return_sequences=True, zero_output_for_mask=True))
    numbers = MASK.astype(np.int32)
    assert_near(outputs_of(layer, mask=numbers)(X), outputs_of(stock, mask=numbers)(X))


def _states_of(*shape):
    return [np.zeros(shape, np.float32)] * 2


@pytest.mark.parametrize(
    ("x", "call"),
    [
        (np.zeros((B, T, F + 1), np.float32), {}),
        (np.zeros((B, T, F - 1), np.float32), {}),
        (X, {"initial_state": _states_of(B, H + 1)}),
        (X, {"initial_state": _states_of(1, H)}),
        (X, {"mask": np.ones((B, T - 1), bool)}),
    ],
    ids=["more inputs", "fewer inputs", "more units", "one row of states", "a shorter mask"],
)
def test_shapes_that_do_not_fit_are_refused_as_by_keras(x, call):
    """When they are traced: a kernel would read beyond the end of an array."""
    for layer in pair_of(CELLS["lstm"](H)):
        with pytest.raises((TypeError, ValueError)):
            jax.eval_shape(lambda x, layer=layer: layer(x, **call), x)


def test_a_mask_of_one_row_is_that_of_all_rows():
    layer, stock = pair_of(CELLS["lstm"](H, return_sequences=True))
    assert_near(outputs_of(layer, mask=MASK[:1])(X), outputs_of(stock, mask=MASK[:1])(X))


# ---- files and training ----


@every_cell
def test_a_saved_model_is_loaded_as_it_was(cell, tmp_path):
    model, _ = pair_of(model_of(CELLS[cell](H, go_backwards=True), keras.layers.Dense(2)))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is CELLS[cell]
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    assert_array_equal(loaded(X), model(X))


@every_cell
def test_weights_are_exchanged_with_keras_in_files(cell, tmp_path):
    model = model_of(CELLS[cell](H), keras.layers.Dense(2))
    stock = to_stock(model)
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    stock.load_weights(path)
    assert_near(model(X), stock(X))
    model.set_weights([2 * w for w in model.get_weights()])
    model.save_weights(path)
    model.set_weights(stock.get_weights())
    stock.load_weights(path)
    stock.save_weights(tmp_path / "stock.weights.h5")
    model.load_weights(tmp_path / "stock.weights.h5")
    for a, b in zip(model.get_weights(), stock.get_weights(), strict=True):
        assert_array_equal(a, b)
    assert_near(model(X), stock(X))


@pytest.mark.parametrize("optimizer", ["nadam", "sgd"])
@every_cell
def test_ten_steps_of_training_are_those_of_keras(cell, optimizer):
    random = np.random.default_rng(6)
    x = random.normal(size=(16, 8, 3)).astype(np.float32)
    y = x.sum(axis=(1, 2))[:, None]
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 3)),
            Dropout(0.2, seed=1),
            CELLS[cell](12, dropout=0.1, seed=2),
            Dropout(0.2, seed=3),
            keras.layers.Dense(1),
        ]
    )
    stock = to_stock(model)
    assert type(stock.layers[0]) is keras.layers.Dropout
    for ours, theirs in zip(model.variables, stock.variables, strict=True):
        theirs.assign(ours.numpy())
    losses, weights = [], []
    for each in (model, stock):
        each.compile(optimizer=optimizer, loss="mse")
        history = each.fit(x, y, batch_size=16, epochs=10, shuffle=False, verbose=0)
        losses.append(np.array(history.history["loss"]))
        weights.append(each.get_weights())
    assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert losses[0][-1] != losses[0][0]
    if optimizer == "sgd":
        assert_near(*weights)


# ---- dropout ----


def dropped(layer, x, training=True):
    """Twice, so that the second draw comes from the key that the first left."""

    @jax.jit
    def twice(kept, x):
        first, kept = layer.stateless_call([], kept, x, training=training)
        second, kept = layer.stateless_call([], kept, x, training=training)
        return first, second, kept

    return twice([v.value for v in layer.non_trainable_variables], x)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(7,), (5, 3), (9, 6, 40)])
def test_dropout_drops_what_keras_drops(shape, rate):
    x = np.random.default_rng(7).normal(size=shape).astype(np.float32)
    ours = dropped(Dropout(rate, seed=1), x)
    jax.tree.map(assert_array_equal, ours, dropped(keras.layers.Dropout(rate, seed=1), x))
    if rate == 0.5 and len(shape) > 1:
        assert (ours[0] == 0).any()
        assert (ours[0] != ours[1]).any()


@pytest.mark.parametrize("options", [{"noise_shape": (B, 1, F)}, {"dtype": "bfloat16"}])
def test_other_dropout_is_left_to_keras(options):
    ours = dropped(Dropout(0.5, seed=1, **options), X)
    stock = dropped(keras.layers.Dropout(0.5, seed=1, **options), X)
    jax.tree.map(assert_array_equal, ours, stock)


def test_dropout_in_a_process_of_double_precision():
    """JAX then draws numbers of 64 bits, whatever the inputs are."""
    with jax.enable_x64(True):
        ours = dropped(Dropout(0.5, seed=1), X)
        jax.tree.map(assert_array_equal, ours, dropped(keras.layers.Dropout(0.5, seed=1), X))


def test_dropout_passes_all_when_not_training_and_gradients_as_kept():
    assert_array_equal(dropped(Dropout(0.5, seed=1), X, training=False)[0], X)
    key = Dropout(0.3, seed=1).non_trainable_variables[0].value

    def kept(layer):
        return lambda x: (layer.stateless_call([], [key], x, training=True)[0] * X).sum()

    ours, stock = (jax.grad(kept(of(0.3, seed=1)))(X) for of in (Dropout, keras.layers.Dropout))
    assert_array_equal(ours, stock)


@pytest.mark.gpu
@pytest.mark.skipif(jax.default_backend() != "gpu", reason="JAX sees no GPU")
@every_cell
def test_on_a_gpu_layers_are_those_of_keras(cell, fused):
    layer = CELLS[cell](H, **SEQUENCES, dropout=0.3, seed=1)
    assert_drops_in(layer, mask=MASK, training=True)
    jax.tree.map(
        assert_array_equal,
        dropped(Dropout(0.5, seed=1), X),
        dropped(to_stock(Dropout(0.5, seed=1)), X),
    )
    assert not fused
