"""JAA-Net beside parity: what cannot be built, the smallest crop, landmarks in half precision."""

import pytest
import torch

from mien.errors import InputError
from mien.models import build


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"version": 3}, "no version 3 of JAA-Net; there are 1 and 2"),
        ({"version": "2"}, "no version '2'"),
        ({"version": True}, "no version True"),
        ({"size": 100}, "100 pixels wide; expected a multiple of 16 from 32 on, such as 176"),
        ({"size": 16}, "16 pixels wide"),
        ({"size": 0}, "0 pixels wide"),
        ({"size": "176"}, "'176' pixels wide"),
        ({"units": (1, 20)}, "AU 20 has no centres.*among 1, 2, 4"),
    ],
)
def test_what_cannot_be_built_is_said(options, told):
    with torch.device("meta"), pytest.raises(InputError, match=told):
        build("jaanet", **{"units": (1, 12), **options})


@pytest.mark.parametrize("size", [32, 48])
def test_small_crops_are_read(size):
    torch.manual_seed(0)
    network = build("jaanet", units=(12,), size=size).eval()
    with torch.no_grad():
        output = network(torch.randn(1, 3, size, size))
    assert output.logits.shape == (1, 1)
    assert output.maps.shape == (1, 1, size // 4, size // 4)
    assert torch.isfinite(output.landmarks).all()


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
