"""Rows, and the temporary file they wait in."""

import errno
from dataclasses import fields

import numpy as np
import pytest

from mien.analysis.rows import NOBODY, Rows, Spool
from mien.errors import InputError
from tests.analysis.made_up import made_up_rows, part

ROWS = made_up_rows([0, 1, NOBODY, 0], frame=[4, 4, 5, 6])


def same(one, other):
    for item in fields(Rows):
        left, right = getattr(one, item.name), getattr(other, item.name)
        assert left.dtype == right.dtype, item.name
        np.testing.assert_array_equal(left, right, item.name)


def test_a_row_without_a_face_is_not_present():
    assert len(ROWS) == 4
    assert ROWS.present.tolist() == [True, True, False, True]


def test_chunks_come_back_as_they_were_and_in_order():
    with Spool() as spool:
        chunks = [part(ROWS, 0, 3), part(ROWS, 3, 4), part(ROWS, 0, 0)]
        for chunk in chunks:
            spool.append(chunk)
        for _ in range(2):
            for one, other in zip(spool, chunks, strict=True):
                same(one, other)


def test_an_empty_spool_has_no_chunks():
    with Spool() as spool:
        assert list(spool) == []


def test_the_file_is_closed_in_the_end():
    with Spool() as spool:
        spool.append(ROWS)
    with pytest.raises(ValueError, match="closed"):
        spool.append(ROWS)


def test_a_full_disk_is_told_with_the_way_out(monkeypatch):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with Spool() as spool:
        spool.append(part(ROWS, 0, 1))
        with monkeypatch.context() as patched:
            patched.setattr(np.lib.format, "write_array", full)
            with pytest.raises(InputError, match=r": No space left on device; .*TMPDIR"):
                spool.append(ROWS)
        assert [len(chunk) for chunk in spool] == [1]
