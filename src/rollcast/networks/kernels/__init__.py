"""Kernels: the recurrence of a whole sequence in one call, in C++ on the CPU.

The library is built at installation from ``native/``; where it is missing, the layers run Keras' own loops. Two
environment variables, read once, force a choice: ``ROLLCAST_KERNELS`` (``auto``, ``native``, ``xla``) and
``ROLLCAST_ISA`` (``avx512``, ``avx2``, ``portable``).
"""

from rollcast.networks.kernels.library import Status, status

__all__ = ["Status", "status"]
