"""POSTER V2's recipes: published settings, what differs from the release, a step on examples."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from mien.data import data_set, read
from mien.data.cache import prepare
from mien.data.example import EXPRESSIONS, recordings
from mien.data.loading import CropDataset
from mien.errors import InputError
from mien.recipes import RECIPES
from mien.recipes.posterv2 import PUBLISHED, expression, release
from mien.training.assemble import assemble, view_of
from mien.training.fit import fit
from mien.training.optimising import share
from mien.training.overrides import override

RATES = {"rafdb": 3.5e-5, "affectnet7": 1e-6, "affectnet8": 1e-6, "caers": 4e-5}
SMALL = ["model.options.size=32", "model.options.step=1", "data.aligned=32", "data.size=32",
         "data.batch=4", "trainer.workers=0", "trainer.epochs=1", "optim.rate=1e-3"]  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_settings_are_the_published_ones(name):
    recipe = RECIPES[f"posterv2-{name}"]()
    assert recipe == expression(name)
    assert (recipe.optim.name, recipe.optim.rho, recipe.optim.betas) == ("sam", 0.05, (0.9, 0.999))
    assert recipe.optim.rate == RATES[name]
    assert (recipe.trainer.epochs, recipe.data.batch) == (200, 144)
    assert share(recipe.schedule, 70, 10, 200) == pytest.approx(0.98**7)
    (expected,) = recipe.expected
    assert (expected.metric, expected.mean) == ("accuracy", PUBLISHED[name])
    affect = name.startswith("affectnet")
    assert recipe.data.sampler == ("balanced" if affect else "shuffle")
    box = recipe.data.augment.erase, recipe.data.augment.erased
    assert box == ((0.5, (0.02, 0.1)) if name == "rafdb" else (1.0, (0.05, 0.05)))


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_release_differs_by_its_faults_alone(name):
    ours, theirs = expression(name), RECIPES[f"posterv2-{name}-release"]()
    assert theirs == release(name)
    assert (ours.optim.decay, theirs.optim.decay) == (1e-4, 0.0)
    assert (ours.data.held, theirs.data.held) == (0.1, 0.0)
    assert ours.model.options == {}
    assert theirs.model.options == {"landmarks": "drifting"}
    same = replace(
        theirs,
        name=ours.name,
        model=ours.model,
        data=replace(theirs.data, held=0.1),
        optim=replace(theirs.optim, decay=1e-4),
    )
    assert same == ours


def test_there_are_no_others():
    with pytest.raises(InputError, match="there are rafdb, affectnet7, affectnet8, caers"):
        expression("ferplus")


@pytest.fixture(scope="module")
def shown():
    """Small drawings of three persons, among whom every expression is."""
    return recordings(3, 2, size=64)


def examples(name, shown, folder):
    data_set(name).write(folder / "set", shown)
    return prepare(read(name, folder / "set"), folder / "cache", "whole", 32)


@pytest.mark.parametrize(("name", "classes"), [("affectnet7", 7), ("affectnet8", 8)])
def test_classes_are_the_sets(name, classes, shown, tmp_path):
    recipe = override(expression(name), SMALL)
    cache = examples(recipe.data.name, shown, tmp_path)
    parts = assemble(recipe, 1, cache)
    assert parts.experiment.network.head.out_features == classes
    assert len(parts.card.classes) == classes
    assert parts.experiment.monitor == "accuracy"
    known = cache.index.expression.known
    assert known.all() == (classes == 8)
    assert known[parts.experiment.train._data.rows].all()


def test_an_epoch_on_an_example_of_caers(shown, tmp_path):
    recipe = override(expression("caers"), SMALL)
    cache = examples("caers", shown, tmp_path)
    fitted = fit(assemble(recipe, 1, cache).experiment, tmp_path / "run")
    (line,) = fitted.lines
    assert np.isfinite(line["train.loss"])
    assert "validate.accuracy" in line


def test_the_release_has_to_be_started_from_something(shown, tmp_path):
    recipe = override(release("caers"), SMALL)
    with pytest.raises(InputError, match=r"would stay random; name its weights with model\.start"):
        assemble(recipe, 1, examples("caers", shown, tmp_path))


def drawn(folder, persons, tested):
    """Drawn persons with seven expressions and none: those from ``tested`` on are the test part."""
    folder.mkdir()
    rows = [("path", "subject", "expression", "part")]
    for number, one in enumerate(recordings(persons, 2, each=len(EXPRESSIONS))):
        part = "test" if one.person >= tested else "train"
        first = number % len(EXPRESSIONS) == 0
        frames = ((0, "neutral"), (1, one.expression)) if first else ((1, one.expression),)
        for frame, name in frames:
            (left, top), (right, low) = one.points[frame].min(axis=0), one.points[frame].max(axis=0)
            path = f"{one.person}-{name}.png"
            Image.fromarray(one.images[frame]).crop((left, top, right, low)).resize(
                (32, 32), Image.Resampling.BOX
            ).save(folder / path)
            rows.append((path, str(one.person), name, part))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return prepare(read("table", folder), folder / "cache", "whole", 32)


@pytest.mark.slow
def test_it_learns_sixty_four_pictures_by_heart_and_beats_chance_on_others(tmp_path):
    cache = drawn(tmp_path / "set", persons=12, tested=8)
    recipe = override(
        RECIPES["planted-posterv2"](),
        [*SMALL, "optim.rate=1e-4", "data.batch=16", "trainer.epochs=30", "data.protocol=given",
         "data.folds=1", "data.held=0", "data.augment.shift=false", "data.template=whole"],
    )  # fmt: skip
    parts = assemble(recipe, 1, cache)
    network = fit(parts.experiment, tmp_path / "run").network
    right = []
    for rows in (parts.split.train, parts.split.test):
        pictures = CropDataset(cache, rows, view_of(recipe)).__getitems__(range(len(rows)))
        with torch.no_grad():
            said = network.eval()(pictures.image).logits.argmax(dim=1)
        right.append(float((said == pictures.target).float().mean()))
    assert (len(parts.split.train), len(parts.split.test)) == (64, 32)
    assert right[0] > 0.95
    assert right[1] > 2 / 8
