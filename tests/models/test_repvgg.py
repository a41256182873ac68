"""Branches that become one convolution."""

import torch
from torch import nn

from mien.models import build
from mien.models.repvgg import Branch, RepVGG, Shape, Step, fused

TINY = Shape((2, 1), (4, 4, 8))


def learned(network):
    """The network with norms that have seen something."""
    generator = torch.Generator().manual_seed(3)
    for one in network.modules():
        if isinstance(one, nn.BatchNorm2d):
            for values, low in ((one.running_mean, -1), (one.running_var, 0.5), (one.weight, -1)):
                values.data.uniform_(low, 2, generator=generator)
            one.bias.data.uniform_(-1, 1, generator=generator)
    return network.eval()


@torch.no_grad()
def test_one_convolution_says_the_same():
    network = learned(RepVGG(TINY))
    image = torch.randn(2, 3, 33, 33, generator=torch.Generator().manual_seed(0))
    one = fused(network)
    wanted = network(image)
    assert wanted.abs().max() > 0.1
    torch.testing.assert_close(one(image), wanted, rtol=1e-5, atol=1e-5)
    assert [isinstance(part, Step | Branch | nn.BatchNorm2d) for part in one.modules()].count(
        True
    ) == 0


def test_the_network_itself_stays_as_it_is():
    network = learned(RepVGG(TINY)).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    fused(network)
    assert network.training
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_only_steps_that_keep_their_shape_have_a_straight_way():
    ways = [one.identity is not None for one in RepVGG(TINY).modules() if isinstance(one, Step)]
    assert ways == [False, False, True, False]


def test_other_networks_are_handed_back():
    network = build("student", 3)
    assert fused(network) is network
