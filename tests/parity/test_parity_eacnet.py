"""EAC-Net's maps and windows against the released script, and its sizes."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from mien.errors import InputError
from mien.models.eacnet import (
    ATTENTIONS,
    FRAME,
    CNet,
    attention,
    cells,
    eacnet,
    enhanced,
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


def test_features_join_where_the_map_is():
    """Where nothing is marked, groups 3 and 4 are a plain VGG-19's; where all is, features add."""
    torch.manual_seed(0)
    with torch.device("meta"):
        network = enhancing(2)
    features = network.features[:28].to_empty(device="cpu")
    for one in features.parameters():
        torch.nn.init.normal_(one, std=0.05)
    image = torch.randn(1, 3, 32, 32)
    nothing, all_of_it = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    with torch.no_grad():
        plain = enhanced(features, image, nothing)
        assert torch.allclose(plain, features[:27](image), atol=1e-6)
        third = features[:10](image)
        early = features[10:12](third)
        third = features[18](features[12:18](early) + early)
        early = features[19:21](third)
        assert torch.allclose(
            enhanced(features, image, all_of_it), features[21:27](early) + early, atol=1e-6
        )


def test_the_norm_is_not_divided_by_its_window():
    with torch.device("meta"):
        level = CNet(2).level
    x = torch.zeros(1, 5, 1, 1)
    x[0, :, 0, 0] = torch.arange(5.0)
    wanted = x[0, 2, 0, 0] / (2 + 0.002 * (x**2).sum()) ** 0.75
    assert level(x)[0, 2, 0, 0].item() == pytest.approx(wanted.item())


def test_an_unknown_attention_is_refused():
    with pytest.raises(InputError, match="'old'; there are paper, release"):
        eacnet(2, attention="old")


def count(network):
    return sum(one.numel() for one in network.parameters())
