import jax
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rollcast.errors import DataError
from rollcast.preprocessing.series_buffer import MOST_ROWS, make_buffer


def test_more_rows_than_32_bits_can_count_are_refused():
    """Arrays of one number repeated: they take no memory."""
    count = MOST_ROWS + 1
    many, seen = np.broadcast_to(np.float32(0), count), np.broadcast_to(np.True_, count)
    with pytest.raises(DataError) as caught:
        make_buffer(many, seen, np.array([0, count]), np.ones(1, np.float32), lag=1)
    assert str(caught.value) == (
        "The table has 1,073,741,825 rows of all series together, and a model reads 1,073,741,824 at most; give fewer "
        "series or fewer rows of each."
    )


def test_a_buffer_on_the_device_holds_the_same_and_is_not_brought_there_again():
    filled = np.arange(5, dtype=np.float32)
    ours = make_buffer(filled, filled > 1, np.array([0, 2, 5]), np.ones(2, np.float32), lag=1)
    there = ours.on_device()
    assert there.lowest is None
    for own, moved in zip(jax.tree.leaves(ours), jax.tree.leaves(there), strict=True):
        assert isinstance(moved, jax.Array)
        assert moved.dtype == own.dtype
        assert_array_equal(moved, own)
    assert there.on_device().filled.unsafe_buffer_pointer() == there.filled.unsafe_buffer_pointer()
