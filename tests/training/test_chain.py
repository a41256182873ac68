"""Stages in order and their table; what takes the place of one."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from mien.errors import InputError
from mien.recipes import CHAINS, RECIPES
from mien.training import chain
from mien.training.chain import instead_of, run_chain
from mien.training.onefold import Way

STAGES = [RECIPES[name]() for name in CHAINS["distill-disfa"]]
CACHE = SimpleNamespace(index=SimpleNamespace(name="any"))


@pytest.fixture
def trained(monkeypatch):
    """Every stage is at once trained: what was asked for, and a report of made-up figures."""
    asked = []

    def train(recipe, fold, _cache, runs, way):
        asked.append((recipe.name, fold))
        folder = runs / recipe.name / ("" if fold is None else f"fold{fold}")
        folder.mkdir(parents=True)
        figures = {"ours": {"mean": {"pcc": len(asked) / 10, "mae": 0.5, "mse": None}}}
        if fold is None:
            figures = {"mean_of_folds": figures, "pooled": {}}
        (folder / "report.json").write_text(json.dumps(figures))
        return folder / "report.md"

    monkeypatch.setattr(chain, "train", train)
    return asked


@pytest.mark.parametrize("fold", [2, None])
def test_the_table_has_a_row_for_each_published_one(trained, tmp_path, fold):
    told = []
    stages = [(one, CACHE) for one in STAGES]
    path = run_chain(stages, fold, tmp_path, Way(), told.append)
    assert [name for name, _ in trained] == list(CHAINS["distill-disfa"])
    folds = dict(trained)
    assert folds["distill-mae"] == folds["distill-mae-affectnet"] == 1
    assert folds["distill-disfa"] == folds["distill-disfa-mae"] == fold
    assert told[0] == "stage 1 of 7: distill-mae"
    assert path == tmp_path / "distill-disfa" / "table.md"
    rows = [line for line in path.read_text().splitlines() if line.startswith("| distill")]
    assert len(rows) == 4
    cells = [cell.strip() for cell in rows[-1].strip("|").split("|")]
    assert cells == ["distill-disfa", "0.700", "0.628", "0.500", "0.244", "–", "0.260"]
    text = path.read_text()
    assert ("fold 2" if fold else "mean of all folds") in text
    assert "epoch chosen on the test part" in text


def test_other_processes_write_no_table(monkeypatch, tmp_path):
    monkeypatch.setattr(chain, "train", lambda *_: None)
    assert run_chain([(one, CACHE) for one in STAGES], 1, tmp_path, Way()) is None
    assert not list(tmp_path.iterdir())


def by_name(recipes):
    return {one.name: one for one in recipes}


def test_a_checkpoint_takes_the_place_of_a_stage():
    left = by_name(instead_of(STAGES, {"distill-mae": "mae.pth", "distill-disfa-mae": "t/fold1"}))
    assert "distill-mae" not in left
    assert left["distill-mae-affectnet"].model.start == "mae.pth"
    assert left["distill-disfa"].objective.options["teacher"] == "t/fold1"
    assert left["distill-disfa"].model.start == STAGES[-1].model.start
    assert instead_of(STAGES, {}) == STAGES


def test_a_stage_can_be_left_out():
    left = by_name(instead_of(STAGES, {"distill-resnet18-affectnet": "imagenet"}))
    assert left["distill-disfa"].model.start == "imagenet"
    left = by_name(instead_of(STAGES, {"distill-mae-affectnet": ""}))
    assert left["distill-disfa-mae"].model.start == ""


@pytest.mark.parametrize(
    ("sources", "what"),
    [
        ({"distill-mea": ""}, "--from names 'distill-mea', expected one of distill-mae, "),
        ({"distill-disfa": "x"}, "a stage that comes before distill-disfa"),
        ({"distill-disfa-mae": ""}, "distill-disfa learns from a teacher, and --from leaves that"),
    ],
)
def test_what_cannot_be_left_out_is_said(sources, what):
    with pytest.raises(InputError, match=what):
        instead_of(STAGES, sources)


def test_a_stage_on_other_data_is_no_row(trained, tmp_path):
    last = STAGES[-1]
    other = replace(last, name="other", data=replace(last.data, name="bp4d"))
    path = run_chain([(other, CACHE), (last, CACHE)], 1, tmp_path, Way())
    assert "| other" not in Path(path).read_text()
