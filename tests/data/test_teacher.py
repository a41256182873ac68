"""Tables of what another network reads from portraits."""

import numpy as np
import pytest

from mien.data.expressions import COLUMNS
from mien.data.teacher import read
from mien.errors import InputError, UnreadableSource


def written(tmp_path, text):
    path = tmp_path / "teacher.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_are_put_where_they_belong_and_what_is_not_said_is_unknown(tmp_path):
    path = written(tmp_path, "file,AU17,AU4_R\nb.jpg,0.25,\nz.jpg,1,1\na.jpg,0,0.5\n")
    level = read(path, ["a.jpg", "b.jpg", "c.jpg"])
    assert level.shape == (3, 38)
    known = np.argwhere(np.isfinite(level)).tolist()
    chin, brow = COLUMNS.index("AU17"), COLUMNS.index("AU4_R")
    assert known == sorted([[0, brow], [0, chin], [1, chin]])
    assert (level[0, brow], level[0, chin], level[1, chin]) == (0.5, 0, 0.25)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,AU99\n", "AU99"),
        ("name,AU4_L\n", "name"),
        ("", "none"),
        ("file,AU4_L\na.jpg,0.5\nb.jpg,high\n", "line 3: got 'high'"),
        ("file,AU4_L\na.jpg,1.5\n", "line 2: got '1.5'"),
        ("file,AU4_L\na.jpg,0_1\n", "line 2: got '0_1'"),
        ("file,AU4_L\na.jpg,nan\n", "'nan'"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read(written(tmp_path, text), ["a.jpg", "b.jpg"])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableSource, match="there is no file"):
        read(tmp_path / "nobody.csv", [])


def test_tables_of_other_programs_are_read(tmp_path):
    path = tmp_path / "of another.csv"
    path.write_bytes("\ufefffile,AU17\r\nfrühling.jpg,1\r\n".encode())
    assert read(path, ["frühling.jpg"])[0, COLUMNS.index("AU17")] == 1
    path.write_bytes("file,AU17\nfrühling.jpg,1\na.jpg,0.5\n".encode("latin-1"))
    assert read(path, ["a.jpg"])[0, COLUMNS.index("AU17")] == 0.5
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="has the columns"):
        read(path, [])
