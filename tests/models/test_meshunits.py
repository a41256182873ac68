import numpy as np
import pytest
import torch

from mien.data.expressions import OUTPUTS, SWAP
from mien.face.geometry import FEATURES, mirror
from mien.models.meshunits import MeshUnits, Readout
from mien.training.learn import mirror_table


@pytest.fixture
def network():
    torch.manual_seed(0)
    mean, directions = torch.randn(FEATURES) / 50, torch.randn(FEATURES, 30)
    return MeshUnits(mean, directions, OUTPUTS, widths=(24, 16))


@pytest.fixture
def features():
    return torch.randn(5, FEATURES, generator=torch.Generator().manual_seed(1)) / 50


def readout(network, gain=1.0, offset=0.0):
    swap = torch.from_numpy(SWAP)
    even = torch.ones(OUTPUTS)
    return Readout([network], mirror_table(), swap, gain * even, offset * even).eval()


def test_forward_has_the_shape_and_is_finite(network, features):
    values = network(features)
    assert values.shape == (5, OUTPUTS)
    assert torch.isfinite(values).all()


def test_the_gradient_reaches_every_parameter(network, features):
    network(features).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_state_survives_a_round_trip(network, features):
    other = MeshUnits(torch.zeros(FEATURES), torch.ones(FEATURES, 30), OUTPUTS, widths=(24, 16))
    other.load_state_dict(network.state_dict())
    torch.testing.assert_close(other.eval()(features), network.eval()(features))


def test_every_tensor_is_a_parameter_or_a_buffer(network):
    for module in readout(network).modules():
        for name, value in vars(module).items():
            assert not isinstance(value, torch.Tensor), name


def test_features_are_turned_onto_their_directions_inside(network, features):
    network.eval()
    standard = (features - network.mean) @ network.directions
    torch.testing.assert_close(network(features), network.layers(standard))


def test_noise_is_added_in_training_only(network, features):
    noisy = MeshUnits(network.mean, network.directions, OUTPUTS, (24, 16), 0.0, noise=0.01)
    assert not torch.equal(noisy(features), noisy(features))
    noisy.eval()
    assert torch.equal(noisy(features), noisy(features))


def test_the_readout_treats_left_and_right_alike(network, features):
    shown = readout(network, gain=3.0)
    mirrored = torch.from_numpy(mirror(features.numpy()))
    torch.testing.assert_close(shown(mirrored), shown(features)[:, torch.from_numpy(SWAP)])


def test_the_readout_gives_0_to_5(network, features):
    level = readout(network)(features) / 5
    assert (readout(network, gain=1e4)(features) <= 5).all()
    assert (readout(network, gain=1e4)(features) >= 0).all()
    assert level.max() < 1
    inside = (level > 0.02) & (level < 0.4)
    stretched = readout(network, gain=2.0, offset=0.01)(features) / 5
    torch.testing.assert_close(stretched[inside], 2 * (level[inside] - 0.01))


def test_several_networks_are_averaged(network, features):
    torch.manual_seed(5)
    other = MeshUnits(network.mean, network.directions, OUTPUTS, widths=(24, 16))
    ones, zeros = torch.ones(OUTPUTS), torch.full((OUTPUTS,), -1.0)
    parts = ([network], [other], [network, other])
    swap = torch.from_numpy(SWAP)
    one, two, both = (
        Readout(part, mirror_table(), swap, ones / 5, zeros).eval()(features) for part in parts
    )
    torch.testing.assert_close(both, (one + two) / 2)


def test_the_mirror_table_is_the_mirror_of_the_features(features):
    order, sign = mirror_table()
    np.testing.assert_array_equal((features[:, order] * sign).numpy(), mirror(features.numpy()))
