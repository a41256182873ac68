"""Groups of planted crops."""

import shutil

import numpy as np
import pytest

from mien.data import crops
from mien.data.crops import make, read
from mien.data.expressions import COLUMNS, UNITS
from mien.data.planted import Portrait, View, warp
from mien.errors import UnreadableSource
from tests.data.made_mesh import reference_mesh


@pytest.fixture(scope="module")
def portraits():
    """Two noisy pictures with the reference face on them."""
    mesh = reference_mesh(80, (120, 120))
    rng = np.random.default_rng(0)
    return [Portrait(rng.integers(0, 255, (240, 240, 3), np.uint8), mesh) for _ in range(2)]


@pytest.fixture(scope="module")
def made(portraits, model, tmp_path_factory):
    """Two shards of three groups."""
    folder = tmp_path_factory.mktemp("crops")
    shown = np.where(np.isin(UNITS, (12,)), 0.8, 0).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crops, "SHARD", 3)
        make(portraits, np.stack([shown, shown * 0]), model, range(2), folder)
    return folder


def test_groups_begin_with_the_portrait_and_a_change_without_units(made):
    for shard in read(made):
        assert shard.image.shape == (3, 6, 112, 112, 3)
        assert shard.image.dtype == np.uint8
        sided = shard.intensity[..., : COLUMNS.index("AU25")]
        assert (sided[:, :2] == 0).all()
        assert (np.abs(sided[:, 2:]).max(axis=2) > 0).all()
        assert set(shard.portrait) <= {0, 1}


def test_only_what_a_portrait_shows_is_taken_back(made):
    columns = [COLUMNS.index(name) for name in ("AU12_L", "AU12_R")]
    below = [
        (int(shard.portrait[group]), int(column))
        for shard in read(made)
        for group, _, column in np.argwhere(shard.intensity < 0)
    ]
    assert below
    assert {column for _, column in below} <= set(columns)
    assert {portrait for portrait, _ in below} == {0}


def test_a_shard_that_is_there_stays_and_the_same_number_gives_the_same(
    made, portraits, model, tmp_path, monkeypatch
):
    monkeypatch.setattr(crops, "SHARD", 3)
    shown = np.zeros((2, len(UNITS)), np.float32)
    told = []
    before = (made / "crops-00000.npy").stat().st_mtime_ns
    make(portraits, shown, model, range(2), made, told.append)
    assert (made / "crops-00000.npy").stat().st_mtime_ns == before
    assert told == [0, 1]
    for folder in (tmp_path / "a", tmp_path / "b"):
        make(portraits, shown, model, range(5, 6), folder)
    one, other = ((tmp_path / name / "crops-00005.npy").read_bytes() for name in "ab")
    assert one == other


def test_without_portraits_no_shard_is_begun(model, tmp_path):
    with pytest.raises(UnreadableSource, match="nothing could be planted"):
        make([], np.zeros((0, len(UNITS)), np.float32), model, range(1), tmp_path / "crops")
    assert list(tmp_path.iterdir()) == []


def test_no_crops_is_said(tmp_path):
    with pytest.raises(UnreadableSource, match="no planted crops"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_a_damaged_shard_is_named_with_its_cure(made, tmp_path, suffix):
    folder = shutil.copytree(made, tmp_path / "crops")
    damaged = folder / f"crops-00001{suffix}"
    cure = rf"remove crops-00001\.npy and make it anew with: mien datasets crops .*{tmp_path}$"
    for content in (damaged.read_bytes()[:90], b"no array", b""):
        damaged.write_bytes(content)
        with pytest.raises(UnreadableSource, match=rf"{damaged.name} is damaged \(.*; {cure}"):
            read(folder)
    damaged.unlink()
    if suffix == ".npz":
        with pytest.raises(UnreadableSource, match=rf"{damaged.name} is not there; {cure}"):
            read(folder)


def test_a_view_looks_at_the_warped_picture(portraits):
    """A view that enlarges twice shows at (2x, 2y) what the picture shows at (x, y)."""
    portrait = portraits[0]
    goal = portrait.mesh[:468].copy()
    goal[291, 1] -= 6
    plain = warp(portrait, goal)
    matrix = np.array([[2, 0, -120], [0, 2, -160]], np.float32)
    large = warp(portrait, goal, View(matrix, 200))
    wanted = plain[80:180, 60:160].astype(int)
    found = large[::2, ::2].astype(int)
    assert (np.abs(found - wanted).max(axis=2) <= 1).mean() > 0.999
