from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn

from mien.data.synthetic import Examples
from mien.training.experiment import Experiment, Turn
from mien.training.fit import fit
from mien.training.mixing import MixedError, Source, digest, mixed
from mien.training.recipe import Optim, Schedule, Trainer

TRUTH = np.random.default_rng(9).normal(size=(6, 2)).astype(np.float32)


def examples(count=600, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 6)).astype(np.float32)
    return Examples(features, (features @ TRUTH + offset).astype(np.float32))


def experiment(sources, batch, steps, network=None):
    torch.manual_seed(0)
    return Experiment(
        network or nn.Linear(6, 2),
        MixedError(sources, batch),
        mixed(sources, batch, steps, seed=7),
        Optim("adamw", 0.05),
        Schedule("one-cycle"),
        Trainer(epochs=1, seed=7),
    )


def by_hand(network, sources, steps):
    """The same in plain torch: what the loop must come down to."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.05, weight_decay=0.0)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.05, total_steps=steps)
    rng = np.random.default_rng((7, 0))
    torch.manual_seed(7)
    for _ in range(steps):
        rows = [rng.integers(0, len(one.examples.target), 30) for one in sources]
        pairs = list(zip(sources, rows, strict=True))
        features = np.concatenate([one.examples.features[mine] for one, mine in pairs])
        target = np.concatenate([one.examples.target[mine] for one, mine in pairs])
        optimiser.zero_grad()
        error = network(torch.from_numpy(features)) - torch.from_numpy(target)
        error.square().mean().backward()
        optimiser.step()
        pace.step()
    return network.eval()


def test_the_loop_adds_nothing_to_plain_torch(tmp_path):
    sources = [Source(examples(), 0.5), Source(examples(seed=1), 0.5)]
    network = nn.Sequential(nn.Dropout(0.2), nn.Linear(6, 2))
    wanted = by_hand(deepcopy(network), sources, 20)
    fitted = fit(experiment(sources, 60, 20, network), tmp_path).network
    torch.testing.assert_close(fitted.state_dict(), wanted.state_dict(), rtol=0, atol=0)


def test_batches_are_mixed_in_the_given_shares(tmp_path):
    # One source says 0, the other 1: the constant that fits both best is the second one's share.
    flat = np.zeros((50, 6), np.float32)
    low, high = (Examples(flat, np.full((50, 2), level, np.float32)) for level in (0, 1))
    fitted = fit(experiment([Source(low, 0.75), Source(high, 0.25)], 40, 250), tmp_path).network
    np.testing.assert_allclose(fitted.bias.detach().numpy(), 0.25, atol=0.01)


def test_groups_are_scored_within(tmp_path):
    # Each group of four has an offset of its own; within groups the truth is exact.
    made = examples(800)
    offsets = np.random.default_rng(3).normal(0, 3, (200, 1)).repeat(4, axis=0)
    shifted = Examples(made.features, (made.target + offsets).astype(np.float32))
    errors = []
    for within in (False, True):
        run = experiment([Source(shifted, 1.0, 4, within)], 64, 150)
        found = fit(run, tmp_path / str(within)).network.weight.detach().numpy().T
        errors.append(np.abs(found - TRUTH).mean())
    assert errors[1] < 0.5 * errors[0]


def test_groups_are_drawn_whole_and_at_least_one():
    source = Source(Examples(np.arange(24, dtype="f4")[:, None], np.zeros((24, 1), "f4")), 0.1, 6)
    for batch in mixed([source], batch=20, steps=5, seed=0)(Turn(0)):
        rows = batch.image[:, 0].numpy()
        assert len(rows) == 6
        assert rows[0] % 6 == 0
        np.testing.assert_array_equal(rows, rows[0] + np.arange(6))


def test_every_turn_draws_its_own_and_the_same_again():
    batches = mixed([Source(examples(), 1.0)], batch=16, steps=2, seed=3)
    turns = [Turn(0), Turn(1), Turn(0, rank=1, ranks=2)]
    first, again = ([next(iter(batches(turn))).image for turn in turns] for _ in range(2))
    for one, two in zip(first, again, strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], first[2])
    assert len(batches(Turn(5))) == 2


@pytest.mark.parametrize("changed", ["features", "target", "share"])
def test_the_digest_changes_with_the_examples(changed):
    one, other = examples(), examples()
    share = 0.5 if changed == "share" else 1.0
    if changed != "share":
        getattr(other, changed)[0, 0] += 1
    assert digest([Source(one, 1.0)]) == digest([Source(examples(), 1.0)])
    assert digest([Source(one, 1.0)]) != digest([Source(other, share)])
