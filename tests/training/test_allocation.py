import sys

import pytest

from mien.training import allocation
from mien.training.allocation import KEPT, USUAL, memory_kept


class Library:
    """A C library that only notes what it is asked."""

    def __init__(self):
        self.asked = []

    def mallopt(self, option, value):
        self.asked.append((option, value))

    def malloc_trim(self, left):
        self.asked.append(("trim", left))


@pytest.fixture
def library(monkeypatch):
    one = Library()
    monkeypatch.setattr(allocation, "_glibc", lambda: one)
    return one


AFTERWARDS = [*USUAL.items(), ("trim", 0)]


def test_memory_is_kept_and_given_back(library):
    with memory_kept():
        assert library.asked == list(KEPT.items())
    assert library.asked[len(KEPT) :] == AFTERWARDS


def test_it_is_given_back_after_an_error_as_well(library):
    with pytest.raises(ValueError, match="broken"), memory_kept():
        raise ValueError("broken")
    assert library.asked[len(KEPT) :] == AFTERWARDS


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocation, "_glibc", lambda: None)
    with memory_kept():
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_this_machines_library_takes_the_options():
    libc = allocation._glibc()
    if libc is None:
        pytest.skip("another C library")
    assert all(libc.mallopt(option, value) == 1 for option, value in USUAL.items())
