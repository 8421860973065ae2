"""Series that differential equations draw."""

from __future__ import annotations

import numpy as np

from rollcast._types import Float64

STEPS = 10
"""Steps of integration per unit of time: dt = 0.1."""

_BETA, _GAMMA, _POWER = 0.2, 0.1, 10


def integrate_mackey_glass(
    length: int, *, tau: int, initial: float, seed: int | None, steps: int = STEPS
) -> Float64:
    """The Mackey-Glass equation, by the classic fourth-order Runge-Kutta method.

    The delayed value in the middle of a step is the cubic through both ends and their slopes, so
    that the delay costs no order of accuracy; before time 0 it is the mean of both ends.

    Args:
        length: values, one per unit of time, the first at time 0.
        tau: the delay in units of time.
        initial: the value before time 0.
        seed: noise in [-0.1, 0.1] on the values before time 0; None for none.
        steps: steps of integration per unit of time.

    Returns:
        (length,) values.
    """
    dt = 1 / steps
    delay = tau * steps
    before = np.full(delay + 1, float(initial))
    if seed is not None:
        before += np.random.default_rng(seed).uniform(-0.1, 0.1, len(before))
    # x[i + delay] is the value at step i, slopes[i] its slope. Plain floats: quickest in a loop.
    x: list[float] = before.tolist()
    slopes: list[float] = []
    for i in range((length - 1) * steps):
        old, new, now = x[i], x[i + 1], x[-1]
        middle = (old + new) / 2
        if i >= delay:
            middle += dt / 8 * (slopes[i - delay] - slopes[i - delay + 1])
        feed = _feed(middle)
        k1 = _feed(old) - _GAMMA * now
        k2 = feed - _GAMMA * (now + dt / 2 * k1)
        k3 = feed - _GAMMA * (now + dt / 2 * k2)
        k4 = _feed(new) - _GAMMA * (now + dt * k3)
        slopes.append(k1)
        x.append(now + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x[delay::steps])


def _feed(delayed: float) -> float:
    return _BETA * delayed / (1 + delayed**_POWER)
