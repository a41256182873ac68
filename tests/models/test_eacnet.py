"""EAC-Net beside parity: random layers, where features join, the norm of the crops."""

import pytest
import torch

from mien.errors import InputError
from mien.models import build
from mien.models.eacnet import CNet, eacnet, enhanced, enhancing


def test_random_layers_tell_pictures_apart():
    torch.manual_seed(0)
    network = build("eacnet-enhancing", 2, size=64).eval()
    points = torch.rand(1, 49, 2).expand(2, 49, 2) * 64
    with torch.no_grad():
        one, other = network(torch.randn(2, 3, 64, 64), points).features.flatten(1)
    # 0.13; with torch's own draw 0.002: nothing would be learned
    assert (one - other).abs().mean() > 0.05 * one.abs().mean()
    assert 0.1 < one.abs().mean() < 20


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
