"""EAC-Net from random weights: its sixteen layers without norms pass a picture on."""

import torch

from mien.models import build


def test_random_layers_tell_pictures_apart():
    torch.manual_seed(0)
    network = build("eacnet-enhancing", 2, size=64).eval()
    points = torch.rand(1, 49, 2).expand(2, 49, 2) * 64
    with torch.no_grad():
        one, other = network(torch.randn(2, 3, 64, 64), points).features.flatten(1)
    # 0.13; with torch's own draw 0.002: nothing would be learned
    assert (one - other).abs().mean() > 0.05 * one.abs().mean()
    assert 0.1 < one.abs().mean() < 20
