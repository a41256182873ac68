"""The moving average of the weights: its formula, and that it is what a run keeps."""

import math

import pytest
import torch
from torch import nn

from mien.training.averaging import Average


def test_it_follows_by_the_published_formula():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 1.0)
    average = Average(network, 0.9)
    wanted = 1.0
    for update in (1, 2, 3):
        nn.init.constant_(network.weight, 1.0 + update)
        average.update(network)
        keep = 0.9 * (1 - math.exp(-update / 2000))
        wanted = keep * wanted + (1 - keep) * (1.0 + update)
        assert average.network.weight.item() == pytest.approx(wanted)
    assert average.updates == 3


def test_counts_are_taken_over_and_nothing_of_it_learns():
    network = nn.BatchNorm1d(2)
    average = Average(network, 0.9999)
    network(torch.randn(4, 2))
    average.update(network)
    assert average.network.num_batches_tracked == 1
    assert not any(one.requires_grad for one in average.parameters())
    assert all(one.requires_grad for one in network.parameters())
