"""The picture network as it is shipped."""

import pytest
import torch
from torch import nn

from mien.data.expressions import COLUMNS, OUTPUTS, SWAP
from mien.models.picturefused import Blend, Describe, DifferenceReadout, SingleReadout, Weights
from mien.models.pictureunits import pictureunits


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return pictureunits(OUTPUTS, width=8, features=16).eval()


@pytest.fixture(scope="module")
def crops():
    return torch.randn(3, 3, 112, 112, generator=torch.Generator().manual_seed(1))


def blend(mesh=0.0, picture=1.0, offset=0.0, gain=1.0, aside=None):
    """Brings together alike what both sides do and how they differ, if not told otherwise."""
    aside = (gain * mesh, gain * picture) if aside is None else aside
    tables = (torch.full((OUTPUTS,), float(one)) for one in (mesh, picture, offset, gain, *aside))
    return Blend(Weights(*tables), SWAP)


@torch.no_grad()
def test_the_readings_are_those_of_the_trained_network_of_crop_and_mirror_image(network, crops):
    other = crops.flip(-1)
    plain, mirrored = Describe(network)(crops), Describe(network)(other)
    described = torch.cat([plain, mirrored], 1)
    mesh = torch.zeros(3, OUTPUTS)
    small = blend(gain=1e-3, offset=-500)  # nothing is clipped
    found = SingleReadout(network, small)(torch.cat([mesh, described], 1))
    wanted = 2.5 * (network(crops).logits + network(other).logits[:, SWAP])
    torch.testing.assert_close((found - 2.5) * 1e3, wanted, atol=2e-3, rtol=1e-3)
    rest = described[:1].expand(3, -1)
    found = DifferenceReadout(network, small)(torch.cat([mesh, described - rest, rest], 1))
    wanted = 2.5 * (
        network.differ(plain, plain[:1].expand(3, -1))
        + network.differ(mirrored, mirrored[:1].expand(3, -1))[:, SWAP]
    )
    torch.testing.assert_close((found - 2.5) * 1e3, wanted, atol=2e-3, rtol=1e-3)


@torch.no_grad()
def test_what_is_shipped_describes_as_the_trained_network_does(network, crops):
    """Though it has no pools: their squares are averaged by the convolutions behind them."""
    shipped = Describe(network)
    torch.testing.assert_close(shipped(crops), network.features(crops), atol=1e-5, rtol=1e-4)
    kinds = [[type(one) for one in of.modules()] for of in (network, shipped)]
    assert nn.AvgPool2d in kinds[0]
    assert nn.AvgPool2d not in kinds[1]


@torch.no_grad()
def test_a_mirrored_face_reads_the_same_with_sides_exchanged(network, crops):
    small = blend(gain=1e-3, offset=-500)
    mesh = torch.zeros(3, OUTPUTS)
    single, against = (kind(network, small) for kind in (SingleReadout, DifferenceReadout))
    halves = Describe(network)(crops), Describe(network)(crops.flip(-1))
    one, other = torch.cat(halves, 1), torch.cat(halves[::-1], 1)
    torch.testing.assert_close(
        single(torch.cat([mesh, other], 1)), single(torch.cat([mesh, one], 1))[:, SWAP]
    )
    rests = [face[:1].expand(3, -1) for face in (one, other)]
    found = [
        against(torch.cat([mesh, face - rest, rest], 1))
        for face, rest in zip((one, other), rests, strict=True)
    ]
    torch.testing.assert_close(found[1], found[0][:, SWAP])


@torch.no_grad()
def test_the_mesh_is_weighed_in(network, crops):
    described = Describe(network)(crops).repeat(1, 2)
    mesh = torch.full((3, OUTPUTS), 2.0)
    only = blend(mesh=0.5, picture=0.0)
    for one, more in (
        (SingleReadout(network, only), described),
        (DifferenceReadout(network, only), torch.cat([described, described], 1)),
    ):
        assert one(torch.cat([mesh, more], 1)).tolist() == [[1.0] * OUTPUTS] * 3


@torch.no_grad()
def test_a_difference_is_what_the_layers_say_of_both_side_by_side(network):
    moved, neutral = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(2))
    there = network.pair.layers(torch.cat([moved, neutral], 1))
    still = network.pair.layers(torch.cat([0 * moved, neutral], 1))
    torch.testing.assert_close(network.pair(moved, neutral), there - still)


@torch.no_grad()
def test_a_face_against_itself_reads_nothing(network, crops):
    described = network.features(crops)
    assert network.differ(described, described).abs().max() == 0
    assert network.differ(described, described.flip(0)).abs().max() > 0


def test_a_blend_weighs_shifts_stretches_and_ends_at_five():
    mesh = torch.tensor([[1.0] * OUTPUTS, [5.0] * OUTPUTS])
    picture = torch.tensor([[0.2] * OUTPUTS, [1.0] * OUTPUTS])
    found = blend(mesh=0.5, picture=0.25, offset=0.05, gain=2.0)(mesh, picture)
    assert found[0].tolist() == pytest.approx([1.0] * OUTPUTS)
    assert found[1].tolist() == [5.0] * OUTPUTS
    assert (blend(offset=1)(mesh, picture)[0] == 0).all()


def test_how_the_sides_differ_has_factors_of_its_own():
    left, right = (COLUMNS.index(f"AU12_{side}") for side in "LR")
    mesh, picture = torch.zeros(1, OUTPUTS), torch.zeros(1, OUTPUTS)
    mesh[0, [left, right]] = torch.tensor([2.0, 1.0])
    picture[0, [left, right]] = torch.tensor([0.2, 0.6])
    mesh[0, -1] = 2
    found = blend(mesh=0.5, picture=0.5, gain=1.2, aside=(2.0, 0.5))(mesh, picture)[0]
    # both sides: 1.2 (0.5 x 1.5 + 0.5 x 5 x 0.4); aside: 2 x 0.5 - 0.5 x 5 x 0.2
    assert found[left] == pytest.approx(2.1 + 0.5)
    assert found[right] == pytest.approx(2.1 - 0.5)
    assert found[-1] == pytest.approx(1.2)
