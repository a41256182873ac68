"""mien datasets: every command, without torch."""

import shutil
import subprocess
import sys

import pytest

from mien.data import DATASETS, finding, ict, portraits, portraitset


@pytest.mark.parametrize("command", ["ict", "render", "plant"])
def test_what_makes_training_data_asks_for_its_folder(mien_command, command):
    shown = mien_command("datasets", command, "--help")
    assert shown.code == 0
    assert "--data" in shown.out


def test_the_group_itself_is_light():
    code = "import sys, mien.cli.datasets; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_ict_refuses_another_folder(mien_command, tmp_path):
    ended = mien_command("datasets", "ict", "--source", tmp_path, "--data", tmp_path / "data")
    assert ended.code == 2
    assert "; name a checkout of the public repository ICT-VGL/ICT-FaceKit" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_ict_reads_a_checkout(mien_command, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(ict, "prepare", lambda *paths: asked.append(paths))
    ended = mien_command("datasets", "ict", "--source", tmp_path, "--data", tmp_path / "data")
    assert ended.code == 0
    assert asked == [(tmp_path, tmp_path / "data")]
    assert "licence" in ended.out


def test_rendering_without_the_face_model_says_what_to_do(mien_command, tmp_path):
    ended = mien_command("datasets", "render", "--data", tmp_path)
    assert ended.code == 2
    assert "mien datasets ict" in ended.err


def test_planting_needs_portraits(mien_command, tmp_path, front_end, face_data):
    shutil.copy(face_data / ict.MESH_FILE, tmp_path)
    ended = mien_command("datasets", "plant", "--portraits", tmp_path, "--data", tmp_path)
    assert ended.code == 2
    assert "portraits" in ended.err


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("plant", "planted-evaluation.npz"),
        ("plant", "planted-groups-2.npz"),
        ("crops", "crop-portraits.npz"),
        ("exam", "exam-evaluation.npz"),
    ],
)
def test_the_place_is_checked_before_the_work(mien_command, tmp_path, monkeypatch, command, file):
    def work(*_):
        raise AssertionError("work was begun")

    monkeypatch.setattr(ict, "load", lambda _: None)
    monkeypatch.setattr(finding, "open_finder", lambda: None)
    monkeypatch.setattr(portraits, "read", work)
    monkeypatch.setattr(portraitset, "gather", work)
    (tmp_path / file).mkdir()
    ended = mien_command("datasets", command, "--portraits", tmp_path, "--data", tmp_path)
    assert ended.code == 2
    assert f"{file} is a folder, expected the name of a file to write" in ended.err


def test_the_list_names_every_set_its_units_and_its_terms(mien_command):
    ended = mien_command("datasets", "list")
    assert ended.code == 0
    for name, entry in DATASETS.items():
        assert f"\n{name} " in f"\n{ended.out}"
        assert entry.terms in ended.out
    assert "AU 6, 10, 12, 14, 17" in ended.out


def test_synthetic_pictures_are_a_table_that_can_be_checked(mien_command, tmp_path):
    out = tmp_path / "drawn"
    made = mien_command(
        *("datasets", "synthesize", "drawn", "--out", out, "--persons", 1, "--frames", 2),
        *("--size", 64, "-q"),
    )
    assert made.code == 0
    assert str(out / "labels.csv") in made.out
    checked = mien_command("datasets", "check", "table", "--root", out, "--sample", 0, "-q")
    assert checked.code == 0
    assert "2 pictures of 1 person in" in checked.out


def test_every_kind_of_synthetic_pictures_can_be_asked_for():
    from typing import get_args

    from mien.cli.datasets import Kind
    from mien.data.synthesize import KINDS

    assert set(get_args(Kind)) == set(KINDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["planted"], "datasets ict"),
        (["rendered", "--data", "missing"], "mien datasets ict"),
        (["sculpted"], "sculpted"),
        (["drawn", "--size", 9], "64 to 1024"),
    ],
)
def test_synthetic_pictures_that_cannot_be_made_say_what_is_missing(
    mien_command, tmp_path, arguments, said
):
    ended = mien_command("datasets", "synthesize", *arguments, "--out", tmp_path / "out", "-q")
    assert ended.code == 2
    assert said in ended.err
