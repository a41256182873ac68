"""mien neutral as a person types it: kept from one clip, used on another."""

import json

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def anna(clip, tmp_path_factory):
    """The neutral of the clip, by the command."""
    from mien.analysis.networks import shared_networks
    from mien.analysis.neutralfile import write_neutral
    from mien.analysis.neutralsource import neutral_of_sources
    from mien.analysis.options import Options

    path = tmp_path_factory.mktemp("kept") / "anna.neutral"
    networks = shared_networks()
    made, _ = neutral_of_sources([clip], networks, Options.of(end="0.6"))
    write_neutral(made, path, networks.describer)
    return path


def test_it_is_kept_and_said(mien_command, clip, tmp_path, anna):
    path = tmp_path / "anna.neutral"
    ended = mien_command("neutral", clip, "--end", "0.6", "-o", path)
    assert (ended.code, ended.out) == (0, "")
    first, *_, last = ended.err.splitlines()
    assert first.startswith(f"{clip.name}: face 0, ")
    assert "quality" in first
    # she smiles in the photograph of which the clip is made
    assert last.startswith(f"{path} is written, but its quality is 0.")
    assert "record some seconds of rest" in last
    assert path.read_bytes() == anna.read_bytes()


@pytest.mark.parametrize("default", ["picture", "mesh"])
def test_it_serves_another_clip(mien_command, clip, anna, tmp_path, default):
    table = tmp_path / "t.csv"
    part = (clip, "--end", "1.5")  # with the jaw's drop in it
    ended = mien_command("analyze", *part, "--neutral", anna, "--default", default, "-o", table)
    assert ended.code == 0
    assert "neutral: file" in ended.err
    frame = pd.read_csv(table).dropna(subset="face")
    assert set(frame["neutral"]) == {"file"}
    assert 0.8 < frame.loc[frame["AU26"].idxmax(), "time"] < 1.4
    report = json.loads((tmp_path / "t.csv.report.json").read_text())
    assert report["options"]["neutral"] == f"file {anna}"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{clip}", "-o", "{clip}"], "also read"),
        (["{clip}", "--at", "soon", "-o", "a.neutral"], "soon"),
        (["{clip}", "--face", "7", "-o", "a.neutral"], "no face 7"),
        (["{clip}", "-o", "nowhere/a.neutral"], "nowhere does not exist"),
        (["camera:0", "-o", "a.neutral"], "is a camera"),
    ],
)
def test_what_cannot_be_is_one_line(mien_command, clip, arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = mien_command("neutral", *(word.format(clip=clip) for word in arguments))
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_one_is_one_line(mien_command, clip, anna, tmp_path):
    broken = tmp_path / "b.neutral"
    broken.write_bytes(anna.read_bytes()[:500])
    ended = mien_command("analyze", clip, "--neutral", broken, "-o", tmp_path / "t.csv")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "damaged" in ended.err
    assert not (tmp_path / "t.csv").exists()
