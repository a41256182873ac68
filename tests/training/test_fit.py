import json

import numpy as np
import pytest
import torch
from torch import nn

from mien.data.synthetic import Examples
from mien.training.fit import CHECKPOINT, METRICS, Schedule, Source, fit

TRUTH = np.random.default_rng(9).normal(size=(6, 2)).astype(np.float32)


def examples(count=600, offset=0.0, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 6)).astype(np.float32)
    return Examples(features, (features @ TRUTH + offset).astype(np.float32))


def network():
    torch.manual_seed(0)
    return nn.Linear(6, 2)


def nothing(_):
    return {}


def weights(one):
    return one.weight.detach().numpy().T


def test_it_learns(tmp_path):
    schedule = Schedule(steps=300, batch=64, rate=0.05, decay=0, report=300)
    fitted = fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, nothing)
    np.testing.assert_allclose(weights(fitted), TRUTH, atol=0.02)
    assert not fitted.training


def test_every_report_is_a_line_with_the_checks_figures(tmp_path):
    schedule = Schedule(steps=25, batch=32, report=10)
    fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, lambda _: {"held": 0.5})
    lines = [json.loads(line) for line in (tmp_path / METRICS).read_text().splitlines()]
    assert [line["step"] for line in lines] == [10, 20, 25]
    assert all(line["held"] == 0.5 and line["loss"] > 0 for line in lines)


def test_a_stopped_run_goes_on_from_its_checkpoint(tmp_path):
    schedule = Schedule(steps=40, batch=32, report=10)

    def stop(_):
        if (tmp_path / CHECKPOINT).exists():
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, stop)
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == 10
    fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, nothing)
    steps = [json.loads(line)["step"] for line in (tmp_path / METRICS).read_text().splitlines()]
    assert steps == [10, 20, 30, 40]


def test_a_finished_run_is_not_trained_again(tmp_path):
    schedule = Schedule(steps=20, batch=32, report=10)
    once = weights(fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, nothing))
    again = weights(fit(network(), [Source(examples(), 1.0)], schedule, tmp_path, nothing))
    np.testing.assert_array_equal(once, again)


def test_batches_are_mixed_in_the_given_shares(tmp_path):
    # One source says 0, the other 1: the constant that fits both best is the second one's share.
    flat = np.zeros((50, 6), np.float32)
    low, high = (Examples(flat, np.full((50, 2), level, np.float32)) for level in (0, 1))
    schedule = Schedule(steps=400, batch=40, rate=0.05, decay=0, report=400)
    fitted = fit(network(), [Source(low, 0.75), Source(high, 0.25)], schedule, tmp_path, nothing)
    np.testing.assert_allclose(fitted.bias.detach().numpy(), 0.25, atol=0.01)


def test_groups_are_scored_within(tmp_path):
    # Each group of four has an offset of its own; within groups the truth is exact.
    made = examples(800)
    offsets = np.random.default_rng(3).normal(0, 3, (200, 1)).repeat(4, axis=0)
    shifted = Examples(made.features, (made.target + offsets).astype(np.float32))
    schedule = Schedule(steps=400, batch=64, rate=0.05, decay=0, report=400)
    errors = []
    for within in (False, True):
        folder = tmp_path / str(within)
        fitted = fit(network(), [Source(shifted, 1.0, 4, within)], schedule, folder, nothing)
        errors.append(np.abs(weights(fitted) - TRUTH).mean())
    assert errors[1] < 0.5 * errors[0]
