"""The recipes of JAA-Net and EAC-Net: published settings and figures, and what they start from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError
from mien.models import build
from mien.models.starting import start
from mien.recipes import RECIPES
from mien.training.assemble import assemble
from mien.training.recipe import Model
from mien.training.sources import placed
from tests.training.tinyset import prepared
from tests.training.tinyset import recipe as tiny

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
DISFA = 1, 2, 4, 6, 9, 12, 25, 26
SETS = {"bp4d": (BP4D, 1.0), "disfa": (DISFA, 2.0)}
"""Units, and the intensity from which they are present."""
ROWS = {
    "jaanet-bp4d-v1": "47.2 44.0 54.9 77.5 74.6 84.0 86.9 61.9 43.6 60.3 42.7 41.9",
    "jaanet-bp4d": "53.8 47.8 58.2 78.5 75.8 82.7 88.2 63.7 43.3 61.8 45.6 49.9",
    "jaanet-disfa-v1": "43.7 46.2 56.0 41.4 44.7 69.6 88.3 58.4",
    "jaanet-disfa": "62.4 60.7 67.1 41.1 45.1 73.5 90.9 67.4",
    "eacnet-bp4d": "39.0 35.2 48.6 76.1 72.9 81.9 86.2 58.8 37.5 59.1 35.9 35.8",
    "eacnet-disfa": "41.5 26.4 66.4 50.7 80.5 89.3 88.9 15.6",
}
"""F1 in per cent, as printed."""
MEANS = {"jaanet-bp4d-v1": 0.6, "jaanet-bp4d": 0.624, "jaanet-disfa-v1": 0.56,
         "jaanet-disfa": 0.635, "eacnet-bp4d": 0.559, "eacnet-disfa": 0.485}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_the_published_figures_stand_beside(name):
    (beside,) = RECIPES[name]().expected
    units, _ = SETS[name.split("-")[1]]
    row = dict(zip(units, (float(one) / 100 for one in ROWS[name].split()), strict=True))
    if name == "eacnet-disfa":
        del row[9]  # a misprint: with it the mean of the row is another
    assert beside.metric == "f1"
    assert beside.units == pytest.approx(row)
    assert beside.mean == MEANS[name]
    if name.startswith("jaanet"):  # the printed means of EAC-Net are not those of its rows
        assert np.mean(list(row.values())) == pytest.approx(beside.mean, abs=6e-4)


def test_the_small_run_has_its_four_figures_beside():
    small, large = RECIPES["jaanet-bp4d-small"](), RECIPES["jaanet-bp4d"]()
    assert {one.metric: one.mean for one in small.expected} == {
        "f1": 0.5566, "accuracy": 0.7763, "mean_error": 0.0403, "failure_rate": 0.00067
    }  # fmt: skip
    assert small.trainer.epochs == 12
    assert replace(small, name=large.name, expected=large.expected) == large


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("version", [1, 2])
def test_settings_of_jaanet_are_the_authors(name, version):
    units, threshold = SETS[name]
    one = RECIPES[f"jaanet-{name}" + ("-v1" if version == 1 else "")]()
    data, optim = one.data, one.optim
    assert one.model.options == {"version": version}
    assert (data.units, data.threshold, data.protocol) == (units, threshold, f"{name}-three-folds")
    assert (data.template, data.aligned, data.size) == ("jaanet", 200, 176)
    assert (data.mean, data.std, data.weights) == ((0.5,) * 3, (0.5,) * 3, "inverse")
    assert (data.augment.flip, data.augment.shift, data.batch) == (0.5, True, 16)
    assert (optim.name, optim.rate, optim.momentum, optim.nesterov) == ("sgd", 0.01, 0.9, True)
    assert (optim.decay, optim.clip) == (5e-4, 0)
    assert optim.rates == ({"refine": 2.0} if version == 1 else {})
    assert (one.schedule.name, one.schedule.every, one.schedule.factor) == ("step", 2, 0.3)
    assert one.trainer.epochs == 12
    refine = {"refine": 0.0002 / 2} if version == 1 else {}
    assert one.objective.weights == {"landmarks": 0.5, **refine}


@pytest.mark.parametrize("name", SETS)
def test_settings_of_eacnet_are_the_released_ones(name):
    units, threshold = SETS[name]
    for one in (RECIPES[f"eacnet-{name}-enhancing"](), RECIPES[f"eacnet-{name}"]()):
        data, optim = one.data, one.optim
        assert (data.units, data.threshold) == (units, threshold)
        assert (data.protocol, data.size, data.batch) == (f"{name}-three-folds", 224, 50)
        assert (optim.name, optim.rate, optim.momentum, optim.nesterov) == ("sgd", 1e-4, 0.9, True)
        assert (optim.decay, one.objective.name) == (0, "bounded")
    frozen = RECIPES[f"eacnet-{name}-enhancing"]().optim.rates
    assert frozen == {f"features.{layer}": 0.0 for layer in (0, 2, 5, 7)}


def test_all_folds_of_disfa_start_from_one_run_of_bp4d():
    for version in ("", "-v1"):
        source = RECIPES[f"jaanet-disfa{version}"]().model.start
        for fold in (1, 2, 3):
            run = Path("here") / f"jaanet-bp4d{version}" / "fold2"
            assert placed(source, fold, Path("here")) == str(run)
        assert RECIPES[f"jaanet-bp4d{version}"]().model.start == ""


def test_crops_start_from_the_enhancing_net_of_the_same_fold():
    for name in SETS:
        first = f"eacnet-{name}-enhancing"
        assert RECIPES[first]().model.start == "imagenet"
        source = RECIPES[f"eacnet-{name}"]().model.start
        assert placed(source, 3, Path("here")) == str(Path("here") / first / "fold3")


def test_what_has_to_be_trained_first_is_said(tmp_path):
    source = RECIPES["jaanet-disfa"]().model.start
    later = replace(tiny(), model=Model("resnet18", {"head": "plain"}, start=source))
    told = r"goes on from .*fold2, which is not there.*mien train jaanet-bp4d --fold 2 --data CACHE"
    with pytest.raises(InputError, match=told):
        assemble(later, 1, prepared(tmp_path), runs=tmp_path)


def test_crops_of_a_random_network_are_refused():
    with pytest.raises(InputError, match="'features' of EACNet does not learn and would stay rand"):
        start(build("eacnet", 2), "")
