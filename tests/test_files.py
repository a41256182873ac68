"""Files that appear whole or not at all."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mien.errors import InputError
from mien.files import (
    as_text,
    by_suffix,
    cannot_write,
    check_place,
    name_of,
    same_file,
    whole_file,
    write_whole,
)


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


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), OSError(5, "other")])
def test_whatever_goes_wrong_leaves_all_as_it_was(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(type(error)) as raised:
        write_half(path, error)
    assert raised.value is error
    assert names(tmp_path) == ["a.csv"]
    assert path.read_text() == "old"


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    path = tmp_path / "a.csv"
    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(InputError, match=r"a\.csv cannot be written .*free some space"):
            write_half(path, OSError(number, os.strerror(number)))
    with pytest.raises(InputError, match=r"/a\.csv cannot be written"), whole_file(path) as partial:
        raise OSError(errno.EIO, "broken", str(partial))
    assert names(tmp_path) == []


def test_a_place_is_tested_without_a_trace(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    check_place(tmp_path / "a.csv")
    check_place(tmp_path / "b.csv")
    assert names(tmp_path) == ["a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"
    with pytest.raises(InputError, match="is a folder"):
        check_place(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        check_place(tmp_path / "none" / "a.csv")


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


def test_text_and_bytes_are_written_whole_as_they_are(tmp_path, monkeypatch):
    write_whole(tmp_path / "a.txt", "ä\n\r\n")
    write_whole(tmp_path / "a.bin", b"\xff\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa4\n\r\n"
    assert (tmp_path / "a.bin").read_bytes() == b"\xff\n"

    def half(path, data):
        path.touch()
        raise OSError(27, "File too large")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(InputError, match=r"a\.bin cannot be written \(File too large\)"):
        write_whole(tmp_path / "a.bin", b"newer")
    assert (tmp_path / "a.bin").read_bytes() == b"\xff\n"
    assert names(tmp_path) == ["a.bin", "a.txt"]


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


def test_a_path_without_a_name_stands_for_its_folder():
    assert name_of(Path("b/a.csv")) == "a.csv"
    for path in ("", ".", "/"):
        with pytest.raises(InputError, match="is a folder, expected the name of a file to write"):
            name_of(Path(path))
        with pytest.raises(InputError, match="is a folder"):
            by_suffix(Path(path), {"": 1}, "a table")


def test_two_files_of_one_name_do_not_meet_before_the_end(tmp_path):
    path = tmp_path / "a.csv"
    with whole_file(path) as first, whole_file(path) as second:
        assert first != second
        assert {first.name[0], second.name[0]} == {"."}
        first.write_text("first")
        second.write_text("second")
    assert names(tmp_path) == ["a.csv"]


def test_what_a_dead_process_left_of_the_same_file_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=60)
    stale = f".a.{ended.pid}-0.part.csv"
    others = [f".a.{os.getppid()}-0.part.csv", f".b.{ended.pid}-0.part.csv", ".a.part.csv"]
    for name in (stale, *others, "a.csv"):
        (tmp_path / name).touch()
    with whole_file(tmp_path / "a.csv"):
        pass
    assert names(tmp_path) == sorted([*others, "a.csv"])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_process_that_nobody_waits_for_is_dead_too(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it stays in the table of processes
    for number in (ended.pid, os.getpid()):
        (tmp_path / f".a.{number}-77.part.csv").touch()
    with whole_file(tmp_path / "a.csv"):
        assert f".a.{ended.pid}-77.part.csv" not in names(tmp_path)
        assert f".a.{os.getpid()}-77.part.csv" in names(tmp_path)
    assert ended.wait(timeout=60) == 0


def test_a_folder_that_may_not_be_entered_is_said(tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_dir", refuse)
    message = r"a\.csv cannot be written \(Permission denied\); choose a folder that you may write"
    with pytest.raises(InputError, match=message), whole_file(tmp_path / "a.csv"):
        pass


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free some space or choose another folder"),
        (errno.EDQUOT, "free some space or choose another folder"),
        (errno.EACCES, "choose a folder that you may write to"),
        (errno.EROFS, "choose a folder that you may write to"),
        (errno.EISDIR, "choose another folder"),
        (errno.ENAMETOOLONG, "give it a shorter name"),
    ],
)
def test_space_is_only_to_be_freed_where_it_lacks(number, advice):
    error = OSError(number, "no")
    assert str(cannot_write(Path("a.csv"), error)) == f"a.csv cannot be written (no); {advice}"


def test_the_same_file_is_known_by_any_of_its_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, other = Path("a.csv"), tmp_path / "b.csv"
    assert same_file(one, tmp_path / "x" / ".." / "a.csv")
    assert not same_file(one, other)
    one.touch()
    other.hardlink_to(one)
    assert same_file(one, other)


def test_names_that_are_no_utf_8_become_text():
    assert as_text(os.fsdecode(b"x\xff.jpg")) == "x\N{REPLACEMENT CHARACTER}.jpg"
    assert as_text(Path("Jürgen.jpg")) == "Jürgen.jpg"
