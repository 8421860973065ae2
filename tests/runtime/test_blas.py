from threadpoolctl import threadpool_info

import rollcast.networks.ridge  # noqa: F401  (loads NumPy, as whoever calls has)
from rollcast.runtime.blas import one_thread


def threads() -> set[int]:
    return {found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"}


def test_linear_algebra_runs_on_one_thread_within_and_on_as_many_as_before_behind_it():
    before = threads()
    for _ in range(2):
        with one_thread():
            assert threads() == ({1} if before else set())
        assert threads() == before
