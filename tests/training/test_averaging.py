"""The moving average of the weights: its formula, and that it is what a run keeps."""

import math

import pytest
import torch
from torch import nn

from mien.models.output import Output
from mien.training import checkpoints
from mien.training.averaging import Average
from mien.training.fit import fit
from mien.training.recipe import Optim, Schedule
from mien.training.runfolder import BEST, LAST
from tests.training.tinyruns import Gap, experiment, held


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


def test_the_average_is_what_a_run_validates_and_keeps(tmp_path):
    of = nn.Linear(6, 2)
    optim = Optim("sgd", rate=0.2, momentum=0, average=0.99)
    fitted = fit(experiment(of=of, optim=optim, schedule=Schedule(), epochs=1), tmp_path)
    state = checkpoints.read(tmp_path / LAST)["state_dict"]
    kept = checkpoints.read(tmp_path / BEST)["network"]["weight"]
    assert torch.equal(kept, state["averaged.network.weight"])
    assert torch.equal(kept, fitted.network.weight)
    assert not torch.allclose(kept, state["network.weight"], rtol=1e-4)
    meter = Gap()
    with torch.no_grad():
        for batch in held(None):
            meter.update(Output(fitted.network(batch.image)), batch)
    assert fitted.lines[0]["validate.gap"] == pytest.approx(meter.compute()["gap"])
