"""Files that appear whole or not at all."""

import re
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.files import by_suffix, cannot_write, whole_file


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def write_half(path, error, keep=True):
    with whole_file(path) as partial:
        partial.write_text("half")
        if not keep:
            partial.unlink()
        raise error


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    with whole_file(path) as partial:
        partial.write_text("new")
        assert not path.exists()
        assert partial.parent == tmp_path
        assert partial.suffix == ".csv"
        assert partial.name.startswith(".a.")
    assert names(tmp_path) == ["a.csv"]
    assert path.read_text() == "new"


def test_a_file_that_nothing_was_written_to_is_empty(tmp_path):
    with whole_file(tmp_path / "a.csv"):
        pass
    assert (tmp_path / "a.csv").read_bytes() == b""


def test_an_older_file_is_replaced_in_the_end(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with whole_file(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), OSError(28, "full")])
def test_whatever_goes_wrong_leaves_all_as_it_was(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(type(error)) as raised:
        write_half(path, error)
    assert raised.value is error
    assert names(tmp_path) == ["a.csv"]
    assert path.read_text() == "old"


def test_a_partial_file_that_is_gone_already_is_no_second_error(tmp_path):
    with pytest.raises(RuntimeError, match="first"):
        write_half(tmp_path / "a.csv", RuntimeError("first"), keep=False)
    assert names(tmp_path) == []


def test_where_no_file_can_be_is_said(tmp_path):
    (tmp_path / "inner").mkdir()
    with pytest.raises(InputError, match="inner is a folder"), whole_file(tmp_path / "inner"):
        pass
    with (
        pytest.raises(InputError, match=r"folder .*none does not exist"),
        whole_file(tmp_path / "none" / "a.csv"),
    ):
        pass
    assert names(tmp_path) == ["inner"]


@pytest.mark.parametrize("step", ["touch", "replace"])
def test_a_disk_that_refuses_is_said_and_leaves_nothing(tmp_path, monkeypatch, step):
    def refuse(self, *args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, refuse)
    message = r"a\.csv cannot be written \(No space left on device\); free some space"
    with pytest.raises(InputError, match=message), whole_file(tmp_path / "a.csv"):
        pass
    assert names(tmp_path) == []


def test_an_error_without_a_number_is_told_in_its_own_words():
    assert "(odd)" in str(cannot_write(Path("a.csv"), OSError("odd")))


def test_the_suffix_chooses_whatever_its_case():
    table = {".csv": 1, ".jsonl": 2}
    assert by_suffix(Path("b/a.csv"), table, "a table") == 1
    assert by_suffix(Path("a.b.JSONL"), table, "a table") == 2
    message = "a.xls has the suffix '.xls'; a table is written to .csv, .jsonl"
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        by_suffix(Path("b/a.xls"), table, "a table")
    assert raised.value.__suppress_context__
