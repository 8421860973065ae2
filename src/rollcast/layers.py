"""Recurrent Keras layers: Keras' own, by the same names, with the time loop in one fused call.

They work in any Keras model on JAX; ``docs/kernels.md`` shows how, and how fast they are.
"""

from rollcast.networks.recurrent import GRU, LSTM, Dropout, SimpleRNN
from rollcast.networks.reservoir import ESN

__all__ = ["ESN", "GRU", "LSTM", "Dropout", "SimpleRNN"]
