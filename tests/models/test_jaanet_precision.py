"""JAA-Net in half precision: landmarks are pixels and stay exact."""

import torch

from mien.models import build


def test_landmarks_are_float32_under_autocast():
    torch.manual_seed(0)
    network = build("jaanet", units=(1, 12), size=64).eval()
    with torch.no_grad():
        network.landmarks[1].bias += 40.3
        image = torch.randn(1, 3, 64, 64)
        exact = network(image).landmarks
        with torch.autocast("cpu", torch.bfloat16):
            found = network(image).landmarks
    assert found.dtype == torch.float32
    # bfloat16 would give multiples of a quarter of a pixel here
    assert (found - exact).abs().max() < 0.02
    assert ((found * 4) % 1).abs().max() > 0.01
