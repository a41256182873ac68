"""mien train RECIPE --all: what is asked of the learning half, and what is refused before it."""

import pytest

from mien.cli import stages
from mien.recipes import CHAINS

NAMES = CHAINS["planted-distill"]


@pytest.fixture
def asked(monkeypatch):
    """Stages and ways that would be trained."""
    from mien.training import chain

    calls = []

    def run_chain(stages, fold, runs, way, say):
        calls.append((stages, fold, way))
        say("stage 1 of 4")
        table = runs / "table.md"
        runs.mkdir(parents=True, exist_ok=True)
        table.write_text("| the table |\n")
        return table

    monkeypatch.setattr(chain, "run_chain", run_chain)
    monkeypatch.setattr(stages, "ready", lambda _, place, number: (place.name, number))
    return calls


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data" / "table").mkdir(parents=True)
    return tmp_path / "data"


def test_all_stages_are_trained_and_the_table_is_shown(mien_command, asked, data, tmp_path):
    ended = mien_command(
        *("train", "planted-distill", "--all", "--data", data, "--runs", tmp_path / "runs"),
        *("--fold", 2, "--set", "trainer.workers=0", "--set", "planted-mae:trainer.epochs=3", "-q"),
    )
    assert ended.code == 0, ended.err
    (((*found,), fold, way),) = asked
    assert [recipe.name for recipe, _ in found] == list(NAMES)
    assert {cache for _, cache in found} == {("table", 2)}
    assert (fold, way.restart, way.tell) == (2, False, None)
    assert [recipe.trainer.workers for recipe, _ in found] == [0] * 4
    assert [recipe.trainer.epochs for recipe, _ in found][:2] == [3, 15]
    assert "| the table |" in ended.out
    assert "table.md is written" in ended.out


def test_a_source_takes_the_place_of_a_stage(mien_command, asked, data, tmp_path):
    ended = mien_command(
        *("train", "planted-distill", "--all", "--data", data, "--runs", tmp_path / "runs"),
        *("--from", "planted-mae=weights.pth"),
    )
    assert ended.code == 0, ended.err
    (((*found,), *_),) = asked
    assert [recipe.name for recipe, _ in found] == list(NAMES[1:])
    assert found[0][0].model.start == "weights.pth"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["jaanet-bp4d", "--all"],
            "jaanet-bp4d is one stage; --all is for distill-disfa, distill-combined",
        ),
        (["planted-distill", "--from", "planted-mae="], "--from is for the stages of --all"),
        (["planted-distill", "--all", "--from", "planted-mae"], "expected NAME=SOURCE"),
        (["planted-distill", "--all", "--from", "mae=x"], "--from names 'mae', expected one of"),
        (["planted-distill", "--all", "--set", "mae:a=1"], "names no stage; there are planted-mae"),
        (["planted-distill", "--all", "--set", "data.folds"], "expected NAME=VALUE"),
        (["distill-disfa", "--all"], "--from distill-mae= or --from distill-mae=FILE"),
        (["planted-distill", "--all", "--fold", "zero"], "--fold is 'zero'"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_trained(
    mien_command, data, tmp_path, arguments, said
):
    ended = mien_command("train", *arguments, "--data", data, "--runs", tmp_path / "runs")
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()
