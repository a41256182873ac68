"""Folders are listed in an order that does not depend on the disk."""

import os

import pytest

from mien.data import folders
from mien.data.findings import Findings
from mien.errors import InputError


@pytest.fixture
def backwards(monkeypatch):
    """Directories list their entries from last to first."""
    scandir = os.scandir

    class Backwards:
        def __init__(self, folder):
            with scandir(folder) as entries:
                self._entries = sorted(entries, key=lambda entry: entry.name)[::-1]

        def __enter__(self):
            return iter(self._entries)

        def __exit__(self, *_details):
            return None

    monkeypatch.setattr(folders.os, "scandir", Backwards)


def test_names_are_sorted_and_hidden_ones_left_out(tmp_path, backwards):
    for name in ("b.jpg", "a.JPG", ".DS_Store", "._a.jpg", "c.txt"):
        (tmp_path / name).touch()
    for name in ("z.jpg", "y", ".git"):
        (tmp_path / name).mkdir()
    assert folders.listing(tmp_path, folders.PICTURES) == ["a.JPG", "b.jpg"]
    assert folders.listing(tmp_path) == ["a.JPG", "b.jpg", "c.txt"]
    assert folders.folders(tmp_path) == ["y", "z.jpg"]


def test_frames_by_number(tmp_path, backwards):
    for name in ("S005_001_00000011.png", "9.png", "010.png", "10.png", "cover.png"):
        (tmp_path / name).touch()
    findings = Findings()
    found = folders.numbered(tmp_path, folders.PICTURES, tmp_path, findings)
    assert list(found.items()) == [(9, "9.png"), (10, "010.png"), (11, "S005_001_00000011.png")]
    assert {(one.kind, one.place) for one in findings} == {
        ("duplicate", "10.png"),
        ("stray", "cover.png"),
    }


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0.png", 0),
        ("SN001_0000_lm.mat", 0),
        ("l00012_lm.mat", 12),
        ("a.png", None),
        ("7", 7),
        (f"{10**18 - 1}.png", 10**18 - 1),
        (f"{10**18}.png", None),
    ],
)
def test_the_last_number_of_a_name(name, number):
    assert folders.last_number(name) == number


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([], ""),
        ([5], "5"),
        ([9, 4, 3, 5], "3-5, 9"),
        (range(0, 40, 2), "0, 2, 4, 6, 8, and so on to 38"),
    ],
)
def test_numbers_in_words(numbers, words):
    assert folders.ranges(numbers) == words


def test_a_missing_folder_says_where_it_may_be(tmp_path):
    (tmp_path / "set" / "FACS").mkdir(parents=True)
    assert folders.need(tmp_path / "set", ("FACS",), "codes") == tmp_path / "set" / "FACS"
    with pytest.raises(InputError, match=r"did you mean .*set\?"):
        folders.need(tmp_path, ("FACS", "codes"), "codes")
    with pytest.raises(InputError, match=r"did you mean .*set\?"):
        folders.need(tmp_path / "set" / "FACS", ("FACS",), "codes")
    with pytest.raises(InputError, match=r"\(or L\), expected points there; is the copy complete"):
        folders.need(tmp_path, ("Landmarks", "L"), "points")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        folders.need(tmp_path / "file", ("FACS",), "codes")


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def refused(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.os, "scandir", refused)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        folders.listing(tmp_path)
