"""EAC-Net's maps and windows against the released script, and its sizes."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mien.models.eacnet import (
    ATTENTIONS,
    FRAME,
    CNet,
    attention,
    cells,
    eacnet,
    enhancing,
    windows,
)

IN_49 = [i for i in range(17, 68) if i not in (60, 64)]


@pytest.fixture(scope="module", params=["c0", "c1"])
def case(request, shared):
    """Centres of a stored face, and what the script makes of them."""
    stored = np.load(shared / "parity" / "eacnet_attention.npz")
    one = {name[3:]: stored[name] for name in stored if name.startswith(request.param)}
    size = np.array([one["width"], one["height"]])
    points = torch.from_numpy(one["points68"][IN_49] / size)
    return cells(points[None], size=1), one


def test_centres_and_maps_are_the_scripts(case):
    middles, stored = case
    assert np.abs(middles[0].flatten(1).numpy() - stored["centres"]).max() < 1e-6
    release = ATTENTIONS["release"]
    drawn = attention(middles, release, FRAME)
    assert np.abs(drawn[0, 0].numpy() - stored["map100"]).max() < 1e-6
    large = attention(middles, release)
    assert np.abs(large[0, 0, ::8, ::8].numpy() - stored["map224"]).max() < 1e-4
    for side in (56, 28):
        small = functional.max_pool2d(large, 224 // side)[0, 0].numpy()
        assert np.abs(small - stored[f"map{side}"]).max() < 1e-4


def test_windows_lie_where_the_script_cuts(case):
    middles, stored = case
    grid = torch.arange(28 * 28, dtype=torch.float64).reshape(1, 1, 28, 28)
    middle = windows(grid.expand(-1, 1, -1, -1), middles)[0, :, 1, 1].long()
    places = torch.stack([middle % 28, middle // 28], dim=1).reshape(10, 4)
    assert np.array_equal(places.numpy(), stored["crop_xy"])


def test_the_papers_map_keeps_faces_at_the_border(case):
    """The release loses centres there; ours cuts their windows off."""
    middles, _ = case
    drawn = attention(middles, ATTENTIONS["paper"], FRAME)[0, 0]
    whole = middles.trunc().long().reshape(-1, 2).clamp(0, FRAME - 1)
    inside = (middles.trunc() == middles.trunc().clamp(0, FRAME - 1)).reshape(-1, 2).all(dim=1)
    x, y = whole[inside].T
    assert (drawn[y, x] == 1).all()
    assert float(drawn[drawn > 0].min()) == pytest.approx(0.05)


def test_sizes_are_the_published_ones():
    with torch.device("meta"):
        first, whole, crops = enhancing(12), eacnet(12), CNet(12)
    assert count(first) == 131_204_172
    assert count(crops) == 77_945_796
    assert count(whole) == 88_530_948


def count(network):
    return sum(one.numel() for one in network.parameters())
