"""mien datasets check, example and prepare on example copies."""

import errno
import json
import shutil
import subprocess
import sys

import pytest

from mien.data.index_files import read_index


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    from mien.data import write
    from mien.data.example import recordings

    root = tmp_path_factory.mktemp("copies") / "BP4D"
    write("bp4d", root, recordings(persons=2, size=64, each=2))
    return root


@pytest.fixture
def check(mien_command, copy):
    """Without faces: they are looked for in tests of their own."""

    def run(*arguments, root=copy, name="bp4d", sample=0):
        return mien_command(
            "datasets", "check", name, "--root", root, "--sample", sample, *arguments
        )

    return run


@pytest.fixture
def broken(copy, tmp_path):
    """A picture cut off, and a code that the format does not know."""
    root = shutil.copytree(copy, tmp_path / "BP4D")
    picture = root / "Sequences(2D)/F001/T1/3.jpg"
    picture.write_bytes(picture.read_bytes()[:-200])
    codes = root / "AUCoding/AU_INT/AU12/F001_T2_AU12.csv"
    codes.write_text(codes.read_text().replace("4,", "4,1", 1))
    return root


def test_a_clean_copy_ends_with_0_and_is_described(check):
    ended = check()
    assert ended.code == 0
    assert "24 pictures of 2 persons in 4 sequences" in ended.out
    assert "24 files opened" in ended.out
    assert "Faults" not in ended.out
    assert "AU12 lip corner puller" in ended.out
    assert ended.out.rstrip().endswith(
        "Clean; 24 of 24 pictures are without fault; whether labels and landmarks are in step with "
        "them is not known."
    )


def test_a_broken_copy_ends_with_1_and_names_file_and_line(check, broken):
    ended = check(root=broken)
    assert ended.code == 1
    assert "unreadable picture (1)" in ended.out
    assert "Sequences(2D)/F001/T1/3.jpg: " in ended.out
    assert "code out of range (1)" in ended.out
    assert "AUCoding/AU_INT/AU12/F001_T2_AU12.csv:4: " in ended.out
    assert "Not clean: " in ended.out.splitlines()[-1]


def test_the_report_is_json(check, broken, tmp_path):
    path = tmp_path / "r.json"
    assert check("--report", path, root=broken).code == 1
    report = json.loads(path.read_text())
    assert report["counts"] == {"unreadable picture": 1, "code out of range": 1}
    assert {one["place"] for one in report["findings"]} == {
        "Sequences(2D)/F001/T1/3.jpg",
        "AUCoding/AU_INT/AU12/F001_T2_AU12.csv:4",
    }


def test_the_index_reads_back_without_the_bad_row(check, broken, tmp_path):
    path = tmp_path / "clean.parquet"
    assert check("--out", path, root=broken).code == 1
    index = read_index(path)
    assert len(index) == 23
    assert "Sequences(2D)/F001/T1/3.jpg" not in index.path
    assert index.root == broken


def last(ended):
    return ended.out.splitlines()[-1]


def test_the_verdict_counts_what_is_lost_faulty_and_partly_unknown(check, broken):
    pictures = broken / "Sequences(2D)/F001/T1"
    for number in (4, 5):
        (pictures / f"{number}.jpg").unlink()
    ended = check(root=broken)
    assert last(ended).startswith(
        "Not clean: no picture (2), unreadable picture (1), code out of range (1); 21 of 24 "
        "pictures can be used, 1 of them with part of their labels only, 1 with faults, 2 left out "
        "while reading; "
    )


def test_the_verdict_tells_of_a_sequence_whose_codes_cannot_be_read(check, copy, tmp_path):
    root = shutil.copytree(copy, tmp_path / "BP4D")
    codes = root / "AUCoding/AU_OCC/F001_T1.csv"
    codes.write_text("garbage\n" + codes.read_text().partition("\n")[2])
    assert "24 of 24 pictures can be used, 6 of them with part of their labels only" in last(
        check(root=root)
    )
    for path in (root / "AUCoding/AU_INT").glob("*/F001_T1_*"):
        path.unlink()
    said = last(check(root=root))
    assert "18 of 24 pictures can be used, 6 left out while reading" in said


def test_a_row_of_a_table_that_was_dropped_stays_in_the_count(check, mien_command, tmp_path):
    root = tmp_path / "table"
    mien_command("datasets", "example", "table", "--root", root, "--persons", 1)
    table = root / "labels.csv"
    lines = table.read_text().splitlines()
    count = len(lines) - 1
    table.write_text("\n".join([*lines[:3], lines[3].partition(",")[0], *lines[4:]]))
    said = last(check(root=root, name="table"))
    assert f"{count - 1} of {count} pictures can be used" in said
    assert "1 left out while reading" in said


def test_findings_that_were_summed_up_are_counted_each(check, broken, tmp_path):
    for number in range(1, 7):
        (broken / f"Sequences(2D)/F001/T2/{number}.jpg").unlink()
    path = tmp_path / "r.json"
    assert "no picture (6)" in check("--report", path, root=broken).out
    report = json.loads(path.read_text())
    assert report["left_out"] == 6
    assert [one["count"] for one in report["findings"] if one["kind"] == "no picture"] == [6]


def test_single_pictures_have_no_timing(check, mien_command, tmp_path):
    root = tmp_path / "rafdb"
    mien_command("datasets", "example", "rafdb", "--root", root, "--persons", 1)
    assert last(check(root=root, name="rafdb")).endswith("pictures are without fault.")


def test_fewer_findings_are_shown_than_there_are(check, broken):
    for number in (4, 5, 6):
        (broken / f"Sequences(2D)/F001/T1/{number}.jpg").write_bytes(b"")
    shown = check("--show", 2, root=broken).out
    assert "unreadable picture (4)" in shown
    assert "... and 2 more; --report has them all" in shown


def test_the_copy_itself_is_never_written_to(check, copy):
    for option, name in (("--out", "clean.parquet"), ("--report", "AUCoding/r.json")):
        ended = check(option, copy / name)
        assert ended.code == 2
        assert "never written to" in ended.err
        assert not (copy / name).exists()


def test_a_wrong_name_and_wrong_folders_end_with_2_and_one_sentence(check, tmp_path, copy):
    (tmp_path / "empty").mkdir()
    for how in (
        {"name": "bp4b"},
        {"root": tmp_path / "missing"},
        {"root": tmp_path / "empty"},
        {"name": "disfa"},
        {"name": "table"},
        {"name": "rafdb"},
        {"root": copy / "AUCoding/AU_OCC/F001_T1.csv"},
    ):
        ended = check(**how)
        assert ended.code == 2, how
        assert ended.out == ""
        assert len(ended.err.splitlines()) == 1, how
        assert ended.err.startswith("mien: ")
    assert "bp4d" in check(name="bp4b").err


def test_a_folder_that_cannot_be_written_to_leaves_nothing(check, tmp_path):
    ended = check("--out", tmp_path / "missing" / "clean.parquet")
    assert ended.code == 2
    assert "does not exist" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_places_are_tested_before_the_copy_is_read(check, tmp_path, monkeypatch):
    monkeypatch.setattr("mien.data.read", lambda *_: pytest.fail("the copy was read first"))
    (tmp_path / "folder.parquet").mkdir()
    for option, name, said in (
        ("--out", "missing/i.parquet", "does not exist"),
        ("--out", "folder.parquet", "is a folder"),
        ("--out", "i.csv", "written to .parquet"),
        ("--report", "folder.parquet", "is a folder"),
        ("--report", "missing/r.json", "does not exist"),
    ):
        ended = check(option, tmp_path / name)
        assert (ended.code, ended.out) == (2, "")
        assert said in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.parquet"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["prepare", "bp4d", "--root", "copy", "--out", "c"], "the same command goes on"),
        (["synthesize", "drawn", "--out", "c"], "the same command goes on"),
        (["check", "bp4d", "--root", "."], "nothing was written under its final name"),
    ],
)
def test_after_ctrl_c_it_says_what_is_left(mien_command, monkeypatch, command, said):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mien.data.read", interrupted)
    monkeypatch.setattr("mien.data.synthesize.synthesize", interrupted)
    ended = mien_command("datasets", *command)
    assert ended.code == 130
    assert ended.err.startswith("mien: stopped; ")
    assert said in ended.err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left"), "mien: the disk is full (No space left); free"),
        (OSError(errno.ENOSPC, "No space left", "a.bin"), "mien: a.bin cannot be written (No"),
        (OSError(errno.ENOENT, "No such file", "/proc/x"), "look whether the place is right"),
        (OSError("odd"), "mien: odd"),
    ],
)
def test_an_error_of_the_disk_says_where_and_what_to_do(mien_command, monkeypatch, error, said):
    def refused(*_, **__):
        raise error

    monkeypatch.setattr("mien.data.synthesize.synthesize", refused)
    ended = mien_command("datasets", "synthesize", "drawn", "--out", "c")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert said in ended.err


def test_what_is_interrupted_leaves_nothing(check, tmp_path, monkeypatch):
    from mien.data import index_files

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(index_files, "write_parquet", interrupted)
    assert check("--out", tmp_path / "clean.parquet").code != 0
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def cut_short(copy, tmp_path_factory):
    """An index of four pictures of the copy."""
    import numpy as np

    from mien.data import read
    from mien.data.index_files import write_index

    path = tmp_path_factory.mktemp("index") / "clean.parquet"
    write_index(read("bp4d", copy).take(np.arange(4)), path)
    return path


def test_prepare_takes_the_rows_of_a_clean_index(mien_command, copy, cut_short, tmp_path):
    from mien.data.cache import open_cache

    out = tmp_path / "cache"
    ended = mien_command(
        *("datasets", "prepare", "bp4d", "--root", copy, "--out", out, "--index", cut_short),
        *("--template", "jaanet", "--size", 64, "-q"),
    )
    assert ended.code == 0
    assert "4 pictures, jaanet at 64 px" in ended.out
    cache = open_cache(out)
    assert (len(cache), cache.aligned) == (4, 64)


def test_prepare_refuses_an_index_of_another_set(mien_command, copy, cut_short, tmp_path):
    ended = mien_command(
        *("datasets", "prepare", "disfa", "--root", copy, "--out", tmp_path / "cache"),
        *("--index", cut_short),
    )
    assert ended.code == 2
    assert "an index of bp4d, expected one of disfa" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_prepare_never_writes_into_the_copy(mien_command, copy):
    ended = mien_command("datasets", "prepare", "bp4d", "--root", copy, "--out", copy / "cache")
    assert ended.code == 2
    assert not (copy / "cache").exists()


def test_none_of_it_needs_torch(tmp_path):
    steps = [
        ["list"],
        ["example", "rafdb", "--root", "set", "--persons", "1"],
        ["check", "rafdb", "--root", "set", "--sample", "2", "-q"],
        ["prepare", "rafdb", "--root", "set", "--out", "cache", "--template", "whole", "-q"],
    ]
    code = (
        "import sys\nfrom mien.cli import app\n"
        f"for step in {steps!r}:\n"
        "    assert not app(['datasets', *step], standalone_mode=False), step\n"
        "print(*sorted({'torch', 'torchvision', 'lightning', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "look it through with: mien datasets check rafdb --root set" in done.stdout
    assert done.stdout.splitlines()[-1] == ""
