import sys

import pytest
import torch

from mien.training.allocation import memory_kept

PAGES = 2**24 * 4 // 4096

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="page faults as Linux counts them")


def fresh_pages(rounds=5):
    """Fewest pages that the system had to give for a map of 64 MB, made and dropped again."""
    import resource

    found = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(2**24)
        found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return min(found)


def test_what_was_freed_is_used_again():
    with memory_kept():
        assert fresh_pages() < PAGES / 10


def test_afterwards_it_is_given_back():
    with memory_kept():
        torch.ones(2**24)
    assert fresh_pages() > 0.9 * PAGES


def test_it_ends_with_an_error_as_well():
    with pytest.raises(ValueError, match="broken"), memory_kept():
        raise ValueError("broken")
    assert fresh_pages() > 0.9 * PAGES


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr("mien.training.allocation._glibc", lambda: None)
    with memory_kept():
        assert fresh_pages() > 0.9 * PAGES
