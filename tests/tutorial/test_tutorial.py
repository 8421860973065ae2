import math
import random
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

from rollcast import datasets, metrics, tutorial
from rollcast.errors import ArgumentError, DataError, RollcastWarning, TooShortError
from rollcast.runtime.backend import load_keras
from rollcast.tutorial import Windows, make_windows

WINDOWED = {"simple": tutorial.simple_lstm, "stacked": tutorial.stacked_lstm}


@pytest.fixture(scope="module")
def sine() -> np.ndarray:
    return datasets.sine()["y"].to_numpy()


@pytest.fixture(scope="module")
def windows(sine: np.ndarray) -> Windows:
    return make_windows(sine)


@pytest.fixture(scope="module")
def short(sine: np.ndarray) -> Windows:
    """287 windows: 183 to train, 46 to validate, 58 to test."""
    return make_windows(sine[:300])


def without_dropout(model):
    for layer in model.layers:
        if hasattr(layer, "rate"):
            layer.rate = 0.0
    return model


def reader_of(model):
    """(chunk (B, T, 1), states) -> (forecast (B, 1), states), by the model itself."""
    import jax

    weights = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]

    @jax.jit
    def read(chunk, states):
        (made, *after), _ = model.stateless_call(weights, fixed, [chunk, *states])
        return made, after

    return read


def kill_output(model) -> None:
    """Weights from which the relu gives 0 for every window."""
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([0 * kernel, bias - 1])


# windows


def test_6400_rows_are_6387_windows_of_13_inputs_and_a_target(windows: Windows):
    assert windows.count == 6387
    assert windows.x_train.shape == (5109, 13, 1)
    assert windows.y_train.shape == (5109, 1)
    assert windows.x_test.shape == (1278, 13, 1)
    assert windows.y_test.shape == (1278, 1)
    assert windows.train_values.shape == (5122,)


def test_each_window_is_followed_by_its_target_in_time_order(windows: Windows):
    values = windows.values.astype(np.float32)
    np.testing.assert_array_equal(windows.x_train[7, :, 0], values[7:20])
    np.testing.assert_array_equal(windows.y_train[:, 0], values[13:5122])
    np.testing.assert_array_equal(windows.x_test[0, :, 0], values[5109:5122])
    np.testing.assert_array_equal(windows.y_test[:, 0], values[5122:])
    np.testing.assert_array_equal(windows.test_values, windows.values[5122:])


def test_the_scaling_is_fitted_on_the_training_part_alone():
    series = np.linspace(10.0, 110.0, 501)
    windows = make_windows(series)
    assert windows.train_values.min() == 0.0
    assert windows.train_values.max() == 1.0
    assert windows.high == series[len(windows.train_values) - 1]
    assert windows.values.max() == pytest.approx(1.25, abs=0.01)  # passed through, not clipped
    np.testing.assert_allclose(windows.restore(windows.values), series, rtol=1e-14)
    np.testing.assert_array_equal(windows.scale(series), windows.values)


def test_the_test_part_does_not_move_the_training_part(sine: np.ndarray):
    other = sine.copy()
    other[5122:] = 1000.0
    a, b = make_windows(sine), make_windows(other)
    np.testing.assert_array_equal(a.x_train, b.x_train)
    np.testing.assert_array_equal(a.y_train, b.y_train)
    np.testing.assert_array_equal(a.x_test[0], b.x_test[0])


@pytest.mark.parametrize(
    ("values", "options", "error", "words"),
    [
        (np.arange(9.0), {"time_step": 1}, ArgumentError, "at least 2; got 1"),
        (np.arange(9.0), {"test_size": 1.0}, ArgumentError, "between 0 and 1; got 1.0"),
        (np.ones((5, 2)), {}, ArgumentError, r"got the shape \(5, 2\)"),
        ([1.0, math.nan], {}, DataError, "got nan in row 2"),
        (np.arange(14.0), {}, TooShortError, "14 rows; got 14 rows"),
        (np.ones(50), {}, DataError, "is 1 throughout"),
    ],
)
def test_what_can_not_be_cut_is_refused(values, options, error, words):
    with pytest.raises(error, match=words):
        make_windows(values, **options)


# networks


def test_the_simple_network_is_the_tutorials():
    model = tutorial.simple_lstm()
    assert model.count_params() == 66_689
    assert [layer.name for layer in model.layers] == ["simpleLSTM00", "dropout00", "dense_1"]
    assert model.layers[0].count_params() == 66_560
    assert model.layers[0].go_backwards
    assert model.layers[1].rate == 0.2
    assert model.loss == "mse"
    assert type(model.optimizer).__name__ == "Nadam"


@pytest.mark.parametrize("make", [tutorial.stacked_lstm, tutorial.stateful_stacked_lstm])
def test_the_stacked_networks_are_the_tutorials(make):
    model = make()
    assert model.count_params() == 29_345
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    assert [layer.name for layer in layers] == [
        *("simpleLSTM_00", "Dropout_00", "simpleLSTM_01", "Dropout_01"),
        *("simpleLSTM_02", "Dropout_02", "simpleLSTM_03", "dropout_FIN", "OutPut"),
    ]
    assert [layer.count_params() for layer in layers[::2]] == [4352, 8320, 8320, 8320, 33]
    assert {layer.rate for layer in layers[1::2]} == {0.05}
    assert layers[-1].activation.__name__ == "relu"
    assert not layers[-1].get_weights()[1].any()
    assert model.loss in (tutorial.rmse, [tutorial.rmse, *[None] * 8])


def test_summary_prints_keras_table(capsys: pytest.CaptureFixture[str]):
    tutorial.summary(tutorial.simple_lstm())
    printed = capsys.readouterr().out
    assert "simpleLSTM00 (LSTM)" in printed
    assert "66,689" in printed


@pytest.mark.parametrize("name", tutorial.NETWORKS)
def test_weights_depend_on_the_seed_alone(name: str):
    random.seed(1)
    before = random.getstate()
    a, b, c = (tutorial.NETWORKS[name](seed=seed).get_weights() for seed in (3, 3, 4))
    assert len(a) == (5 if name == "simple" else 14)
    assert random.getstate() == before
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    assert all((x != y).any() for x, y in zip(a, c, strict=True) if x.ndim == 2)


def test_the_stateful_network_is_the_stack_with_its_state_in_the_open(short: Windows):
    stack, stateful = tutorial.stacked_lstm(seed=5), tutorial.stateful_stacked_lstm(seed=5)
    zeros = [np.zeros((4, 32), np.float32)] * 8
    x = short.x_train[:4]
    read = reader_of(stateful)
    whole, states = read(x, zeros)
    np.testing.assert_allclose(whole, stack.predict(x, verbose=0), atol=1e-7)
    _, halfway = read(x[:, :6], zeros)
    made, after = read(x[:, 6:], halfway)
    for a, b in zip([whole, *states], [made, *after], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_tutorials_loss_has_no_gradient_at_zero_error():
    import jax
    import jax.numpy as jnp

    y = jnp.array([[1.0], [2.0]])
    assert tutorial.rmse(y, y + 3).tolist() == [3.0, 3.0]
    gradient = jax.grad(lambda p: tutorial.rmse(y, p).mean())(jnp.array([[1.0], [3.0]]))
    assert np.isnan(gradient).tolist() == [[True], [False]]


# fit


@pytest.mark.parametrize("name", WINDOWED)
def test_fit_gives_what_stock_keras_fit_gives(name: str, short: Windows):
    ours, stock = (without_dropout(WINDOWED[name](seed=2)) for _ in range(2))
    history = tutorial.fit(ours, short, epochs=3, progress="quiet")
    expected = stock.fit(
        short.x_train, short.y_train, epochs=3, batch_size=64, validation_split=0.2,
        shuffle=False, verbose=0,
    ).history  # fmt: skip
    assert 183 % 64 != 0  # the last batch is partial
    for key in ("loss", "val_loss", "rmse", "val_rmse", "mae", "val_mae"):
        np.testing.assert_allclose(getattr(history, key), expected[key], rtol=1e-5)
    for a, b in zip(ours.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    loss, rmse, mae = stock.evaluate(short.x_test, short.y_test, verbose=0)
    assert tutorial.evaluate(ours, short) == pytest.approx((loss, rmse, mae), rel=1e-4)


def test_training_does_not_depend_on_the_process_and_goes_on_where_it_stood(short: Windows):
    once, twice = tutorial.simple_lstm(seed=9), tutorial.simple_lstm(seed=9)
    whole = tutorial.fit(once, short, epochs=4, progress="quiet")
    parts = [tutorial.fit(twice, short, epochs=2, progress="quiet") for _ in range(2)]
    assert whole.loss == parts[0].loss + parts[1].loss
    assert all((a == b).all() for a, b in zip(once.get_weights(), twice.get_weights(), strict=True))


def test_the_last_weights_stay_unless_the_best_are_asked_for(short: Windows):
    class Spoil(load_keras().callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == 2:
                self.model.set_weights([5 * w for w in self.model.get_weights()])

    def trained(**options: bool):
        model = tutorial.simple_lstm(seed=9)
        history = tutorial.fit(
            model, short, epochs=3, callbacks=[Spoil()], progress="quiet", **options
        )
        return history, metrics.mae(
            short.y_train[183:, 0], tutorial.one_step(model, short, part="train")[183:]
        )

    history, error = trained()
    assert history.best_epoch == 2
    assert error == pytest.approx(history.val_mae[2], rel=1e-5)
    history, error = trained(restore_best=True)
    assert error == pytest.approx(history.val_mae[1], rel=1e-5)


def test_a_dead_output_is_named_and_scores_the_mean_square_of_the_target(short: Windows):
    model = tutorial.simple_lstm(seed=9)
    kill_output(model)
    with pytest.warns(RollcastWarning, match="output is dead"):
        history = tutorial.fit(model, short, epochs=3, progress="quiet")
    assert history.loss[-1] == pytest.approx(np.mean(short.y_train[:183] ** 2), rel=1e-6)
    assert "output is dead" in history.warnings[0]
    assert set(tutorial.free_run(model, short, 40)) == {0.0}


def test_a_dead_output_explains_the_tutorials_log(windows: Windows):
    y = windows.y_train[:500]  # five periods, as many as its log trains on
    assert np.mean(y**2) == pytest.approx(0.3750, abs=5e-5)  # its loss
    assert np.mean(y) == pytest.approx(0.5000, abs=5e-5)  # its rmse: a mean absolute error
    assert np.mean(y == 0) == 0.0100  # its accuracy: the five troughs are exactly 0


def test_a_loss_that_becomes_nan_ends_training_with_finite_weights(short: Windows):
    model = without_dropout(tutorial.stacked_lstm())
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([0 * kernel, bias + short.y_train[7, 0]])  # an exact hit
    before = model.get_weights()
    with pytest.warns(RollcastWarning, match="became nan in epoch 1"):
        history = tutorial.fit(model, short, epochs=5, progress="quiet")
    assert len(history) == 1
    assert history.stopped == "loss nan in epoch 1"
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))
    assert all(np.isfinite(v.numpy()).all() for v in model.optimizer.variables)


def test_shuffling_draws_an_order_from_the_seed(short: Windows):
    def losses(**options: object) -> tuple[float, ...]:
        model = without_dropout(tutorial.simple_lstm(seed=9))
        return tutorial.fit(model, short, epochs=1, progress="quiet", **options).loss

    first = losses(shuffle=True, seed=1)
    assert first == losses(shuffle=True, seed=1)
    assert len({first, losses(shuffle=True, seed=2), losses()}) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "`epochs` must be a whole number of at least 1; got 0"),
        ({"batch_size": 0}, "`batch_size` must be a whole number of at least 1; got 0"),
        ({"validation_split": 1.0}, "below 1; got 1.0"),
        ({"validation_split": 0.999}, "nothing to train on"),
        ({"validation_split": 1e-9}, None),
        ({"callbacks": ["early"]}, "must be Keras callbacks; got 'early'"),
    ],
)
def test_arguments_outside_their_range_are_refused(
    networks: dict, short: Windows, options: dict, words: str
):
    if words is None:  # as in Keras, a share too small for a window still holds one out
        options, words = {**options, "epochs": 0}, "`epochs` must be a whole number"
    with pytest.raises(ArgumentError, match=words):
        tutorial.fit(networks["simple"], short, progress="quiet", **options)


def test_models_of_another_form_are_refused(short: Windows):
    keras = load_keras()
    model = keras.Sequential([keras.Input((13, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(ArgumentError, match="must be compiled"):
        tutorial.fit(model, short)
    two = keras.Sequential([keras.Input((13, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ArgumentError, match="of the form"):
        tutorial.one_step(two, short)
    with pytest.raises(ArgumentError, match="that is built"):
        tutorial.free_run("lstm", short)


# the stateful network


def reference_epochs(model, short: Windows, lanes: int, epochs: int) -> list[float]:
    """Chunk by chunk in plain Python: states go on, and are zero when an epoch starts."""
    import jax
    import jax.numpy as jnp

    values, optimizer = short.values.astype(np.float32), model.optimizer
    trainable = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]
    optimizer.build(model.trainable_variables)
    variables = [v.value for v in optimizer.variables]
    chunks = [(values[i : i + 13], values[i + 13]) for i in range(0, 183, 13)]
    each = -(-len(chunks) // lanes)

    @jax.jit
    def update(trainable, variables, x, y, weights, states):
        def loss(trainable):
            (made, *after), _ = model.stateless_call(trainable, fixed, [x, *states], training=True)
            return jnp.sum(weights * jnp.abs(made[:, 0] - y)) / jnp.sum(weights), after

        (value, after), gradient = jax.value_and_grad(loss, has_aux=True)(trainable)
        return value, after, *optimizer.stateless_apply(variables, gradient, trainable)

    losses = []
    for _ in range(epochs):
        states = [np.zeros((lanes, 32), np.float32)] * 8
        total = 0.0
        for step in range(each):
            now = [chunks[min(k * each + step, len(chunks) - 1)] for k in range(lanes)]
            there = np.array([float(k * each + step < len(chunks)) for k in range(lanes)])
            x, y = np.stack([c[0] for c in now])[:, :, None], np.array([c[1] for c in now])
            value, states, trainable, variables = update(trainable, variables, x, y, there, states)
            total += float(value) * there.sum()
        losses.append(total / len(chunks))
    return losses


def test_states_pass_from_chunk_to_chunk_and_start_each_epoch_at_zero(short: Windows):
    lanes = 4  # of 4, 4, 4 and 3 chunks
    ours, plain = (without_dropout(tutorial.stateful_stacked_lstm(seed=1)) for _ in range(2))
    history = tutorial.fit(ours, short, epochs=2, batch_size=lanes, progress="quiet")
    expected = reference_epochs(plain, short, lanes, 2)
    np.testing.assert_allclose(history.loss, expected, rtol=1e-5)


def test_validation_starts_from_the_state_that_reading_all_before_gives(short: Windows):
    model = without_dropout(tutorial.stateful_stacked_lstm(seed=1))
    history = tutorial.fit(model, short, epochs=2, batch_size=4, progress="quiet")
    values = short.train_values.astype(np.float32)
    zeros = [np.zeros((1, 32), np.float32)] * 8
    read = reader_of(model)
    made, states = read(values[None, :196, None], zeros)  # all before the first target
    wanted = [float(made[0, 0])]
    for value in values[196:-1]:
        made, states = read(value.reshape(1, 1, 1), states)
        wanted.append(float(made[0, 0]))
    assert history.val_mae[-1] == pytest.approx(metrics.mae(values[196:], wanted), rel=1e-5)
    np.testing.assert_allclose(
        tutorial.one_step(model, short, part="train")[183:], wanted, atol=1e-6
    )


def test_validation_and_test_rows_leave_no_trace_in_training(sine: np.ndarray):
    other = sine[:300].copy()
    other[196:] = 0.5  # the first row that is a validation target, and all after it

    def trained(series: np.ndarray):
        model = without_dropout(tutorial.stateful_stacked_lstm(seed=1))
        history = tutorial.fit(
            model, make_windows(series), epochs=2, batch_size=4, progress="quiet"
        )
        return history, model.get_weights()

    (a, weights_a), (b, weights_b) = trained(sine[:300]), trained(other)
    assert a.loss == b.loss
    assert a.val_loss != b.val_loss
    assert all((x == y).all() for x, y in zip(weights_a, weights_b, strict=True))


def test_chunks_with_states_are_not_shuffled(short: Windows):
    with pytest.raises(ArgumentError, match="tear apart the chunks"):
        tutorial.fit(tutorial.stateful_stacked_lstm(), short, shuffle=True)


# the closed loop


@pytest.fixture(scope="module")
def networks(short: Windows) -> dict:
    """Each network, trained a little."""
    found = {name: without_dropout(make(seed=3)) for name, make in tutorial.NETWORKS.items()}
    for model in found.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RollcastWarning)
            tutorial.fit(
                model, short, epochs=20, batch_size=4 if model.inputs[1:] else 64, progress="quiet"
            )
    return found


@pytest.mark.parametrize("name", WINDOWED)
def test_the_closed_loop_is_the_tutorials_python_loop(name: str, networks, short: Windows):
    window, wanted = short.x_test[0], []
    for _ in range(40):
        made = networks[name].predict(window[None], batch_size=1, verbose=0)
        wanted.append(made[0, 0])
        window = np.vstack([window[1:], made])
    assert np.std(wanted) > 0.01
    np.testing.assert_allclose(tutorial.free_run(networks[name], short, 40), wanted, atol=1e-5)


def test_the_stateful_loop_reads_its_own_forecasts_one_by_one(networks, short: Windows):
    model = networks["stateful stacked"]
    zeros = [np.zeros((1, 32), np.float32)] * 8
    read = reader_of(model)
    made, states = read(short.train_values.astype(np.float32)[None, :, None], zeros)
    wanted = []
    for _ in range(40):
        wanted.append(float(made[0, 0]))
        made, states = read(made[:, None], states)
    np.testing.assert_allclose(tutorial.free_run(model, short, 40), wanted, atol=1e-5)


@pytest.mark.parametrize("name", tutorial.NETWORKS)
def test_the_first_step_is_the_one_step_forecast(name: str, networks, short: Windows):
    near = tutorial.one_step(networks[name], short)
    free = tutorial.free_run(networks[name], short, 40)
    assert free[0] == pytest.approx(near[0], abs=1e-6)
    if name in WINDOWED:
        wanted = networks[name].predict(short.x_test, verbose=0)[:, 0]
        np.testing.assert_allclose(near, wanted, atol=1e-6)


def test_a_free_run_goes_over_the_whole_test_part(networks, short: Windows):
    whole = tutorial.free_run(networks["stateful stacked"], short)
    assert whole.shape == (58,)
    np.testing.assert_array_equal(
        whole[:40], tutorial.free_run(networks["stateful stacked"], short, 40)
    )


@pytest.mark.parametrize("name", tutorial.NETWORKS)
def test_the_closed_loop_sees_no_true_value_of_the_test_part(
    name: str, networks, short: Windows, sine: np.ndarray
):
    other = sine[:300].copy()
    other[242:] = 7.0
    a, b = (tutorial.free_run(networks[name], w, 40) for w in (short, make_windows(other)))
    assert (a == b).all()
    other = sine[:300].copy()
    other[241] += 0.5
    c = tutorial.free_run(networks[name], make_windows(other), 40)
    assert c[0] != a[0]  # the newest value is seen


@pytest.mark.parametrize("name", tutorial.NETWORKS)
def test_1280_steps_are_one_quick_program(name: str, networks, short: Windows):
    assert tutorial.free_run(networks[name], short, 1280).shape == (1280,)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        tutorial.free_run(networks[name], short, 1280)
        seconds.append(time.perf_counter() - began)
    # 0.02 to 0.06 s on two idle cores; a Python loop of predict takes over half a minute.
    assert min(seconds) < 0.5


def test_no_step_is_no_forecast(networks, short: Windows):
    with pytest.raises(ArgumentError, match="at least 1; got 0"):
        tutorial.free_run(networks["simple"], short, 0)
    with pytest.raises(ArgumentError, match="got 'all'"):
        tutorial.one_step(networks["simple"], short, part="all")  # type: ignore[arg-type]


# the table


def test_the_table_sets_free_runs_beside_the_baselines(windows: Windows):
    truth = windows.test_values
    result = tutorial.compare(
        windows, {"off": truth + 0.1, "far": truth - 0.4}, one_step={"off": truth - 0.01}
    )
    assert [row.name for row in result.rows] == ["off", "far", "constant mean", "seasonal naive"]
    assert result["off"].free_rmse == pytest.approx(0.1)
    assert result["off"].one_step_rmse == pytest.approx(0.01)
    assert math.isnan(result["far"].one_step_rmse)
    assert result["constant mean"].free_rmse == pytest.approx(0.354, abs=5e-4)
    assert result["seasonal naive"].free_rmse < 1e-12
    lines = result.table().splitlines()
    assert lines[0].endswith("  one step  1,278 steps, free")
    assert lines[1].split() == ["off", "0.01", "0.1"]
    assert lines[2].split() == ["far", "0.4"]
    assert result.to_json()[1] == {
        "name": "far", "one_step_rmse": None, "free_rmse": pytest.approx(0.4)
    }  # fmt: skip


def test_a_run_of_another_length_is_refused(windows: Windows):
    with pytest.raises(ArgumentError, match="`x` must have 1278 forecasts"):
        tutorial.compare(windows, {"x": np.zeros(1280)})
    with pytest.raises(ArgumentError, match="`one_step` names 'y'"):
        tutorial.compare(windows, {}, one_step={"y": np.zeros(1278)})
    with pytest.raises(ArgumentError, match=r"`period` must lie in 1\.\.5122"):
        tutorial.compare(windows, {}, period=6000)


def test_importing_the_tutorial_loads_neither_keras_nor_jax():
    code = "import sys, rollcast.tutorial; sys.exit('keras' in sys.modules or 'jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
