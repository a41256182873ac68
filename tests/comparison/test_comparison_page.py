"""The page and the files: whole by themselves, and every figure says where it is from."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.comparison.compare import Choice, compare
from mien.comparison.drawing import strip
from mien.comparison.entrants import open_entrants
from mien.comparison.learning import learned_of, plots_of
from mien.comparison.page import is_licensed, page
from mien.comparison.writing import DISAGREEMENTS, PAGE, SCORES, VALUES, write_comparison
from mien.errors import InputError
from mien.evaluation.metrics import METRICS
from mien.results.table import METADATA_KEY
from mien.training.runfolder import PREDICTIONS, read_recipe
from mien.training.subject import open_subject
from tests.comparison.pages import needs_nothing

COMMAND = "mien compare red dull --on 'my cache' --threshold 0.5"


@pytest.fixture(scope="module")
def compared(runs, cache):
    return compare(open_entrants(runs), [cache], Choice(cost=False), COMMAND)


@pytest.fixture(scope="module")
def learned(compared):
    found = [
        learned_of(place, one.stands[0], {}.get) for place, one in enumerate(compared.standings)
    ]
    assert None not in found
    return found


def test_the_page_needs_nothing_else(compared, learned):
    needs_nothing(page(compared, learned, show=True))


def test_every_section_says_what_its_figures_belong_to(compared, learned):
    text = page(compared, learned)
    sections = text.split("<h2>")[1:]
    titles = [one.partition("</h2>")[0] for one in sections]
    assert titles == [
        *("Scores", "Told apart by F1", "Each unit", "Beside the papers", "How they learned"),
        *("Units together", "Where they disagree", "What was asked"),
    ]
    told = compared.about.line()
    assert told.startswith("table, subject-folds, fold 2, ")
    assert "present from probability 0.5 on, mien " in told
    escaped = COMMAND.replace("'", "&#x27;")
    for name, one in zip(titles, sections, strict=True):
        if name == "How they learned":
            assert one.count("mien 0.0.9 at abcdef012345.") == 2
            assert one.count("with the recipe that is in its recipe.json") == 2
        else:
            assert told in one
            assert escaped in one


def test_figures_of_the_page_are_those_of_the_tables(compared, learned):
    text = page(compared, learned)
    for one in compared.standings:
        low, high = one.table.mean_interval["f1"]
        assert f"{one.table.mean['f1']:.3f} [{low:.3f}, {high:.3f}]" in text
    (pair,) = compared.pairs
    low, high = pair.by.interval.mean
    assert f"{pair.by.mean:+.3f} [{low:+.3f}, {high:+.3f}]" in text


def test_a_leak_is_said_at_every_table(compared, learned):
    warned = replace(compared, about=replace(compared.about, warnings=("LEAKAGE: somebody.",)))
    text = page(warned, learned)
    assert text.count("LEAKAGE: somebody.") == text.count('<p class="from">') - len(learned) + 1


def test_the_paper_stands_under_its_own_protocol(compared, learned):
    text = page(compared, learned)
    part = text.partition("<h2>Beside the papers</h2>")[2].partition("<h2>")[0]
    assert "a paper, 2020; published under: another protocol." in part
    ours = compared.standings[0].published.ours
    assert f"Ours: {ours.facts()}" in part
    gap = f"{ours.mean['f1'] - 0.75:+.3f}"
    assert f'<td class="n">0.750</td><td class="n">{gap}</td>' in part
    assert part.count("<h3>") == 1  # nothing was published of the other


def test_pictures_are_shown_when_asked_for_only(compared, learned):
    assert "data:image" not in page(compared, learned)
    text = page(compared, learned, show=True)
    assert text.count("data:image/jpeg;base64,") == len(compared.disputes)
    assert "redistribution" not in text  # pictures of one's own
    bp4d = replace(compared, about=replace(compared.about, data="bp4d"))
    assert "research only, no redistribution" in page(bp4d, learned, show=True)


def test_sets_of_others_are_licensed():
    assert [is_licensed(name) for name in ("table", "yolo", "bp4d", "lists", "elsewhere")] == [
        *(False, False, True, True, True)
    ]


def test_losses_of_every_term_have_a_curve_for_each_run(learned):
    plots = {one.title: one for one in plots_of(learned, ["A", "B"])}
    assert list(plots) == ["loss", "au"]
    assert [(one.style, one.dashed) for one in plots["au"].curves] == [
        *((0, False), (0, True), (1, False), (1, True))
    ]
    assert plots["au"].curves[1].points == [(0, 2.5), (1, 1.5)]
    assert len(plots["loss"].curves) == 2  # nothing of it was held out


def test_the_training_command_names_what_was_changed(runs, compared):
    recipe = read_recipe(runs[0])
    known = replace(recipe, data=replace(recipe.data, batch=7, mean=(0.0, 0.5, 1.0)), paper="x")
    stand = compared.standings[0].stands[0]
    found = learned_of(0, stand, {"red": known}.get).command
    assert found == (
        "mien train red --fold 2 --data PREPARED --set data.mean=0.485,0.456,0.406 "
        "--set data.batch=32"
    )
    from mien.training.overrides import override

    words = found.split(" --set ")[1:]
    assert override(known, words).data == recipe.data


def test_the_chosen_epoch_is_marked_where_the_predictions_are_whole(runs, compared, tmp_path):
    folder = shutil.copytree(runs[0], tmp_path / "fold2")
    stand = replace(compared.standings[0].stands[0], subject=open_subject(folder))
    table = pa.table({"number": list(range(50))})
    pq.write_table(
        table.replace_schema_metadata({METADATA_KEY: '{"epoch": 3}'}), folder / PREDICTIONS
    )
    assert learned_of(0, stand, {}.get).chosen == 3
    whole = (folder / PREDICTIONS).read_bytes()
    for damaged in (whole[:-20], whole[:-60] + b"\xff" * 52 + whole[-8:], b""):
        (folder / PREDICTIONS).write_bytes(damaged)
        assert learned_of(0, stand, {}.get).chosen is None
    (folder / PREDICTIONS).unlink()
    assert learned_of(0, stand, {}.get).chosen is None


def test_a_file_without_a_run_has_not_learned_as_far_as_known(tmp_path, compared):
    stand = compared.standings[0].stands[0]
    bare = replace(open_subject(stand.subject.file), recipe=None)
    assert learned_of(0, replace(stand, subject=bare), {}.get) is None


def test_every_row_of_the_files_says_where_it_is_from(compared, learned, tmp_path):
    files = write_comparison(compared, learned, tmp_path / "out")
    assert [one.name for one in files] == [PAGE, DISAGREEMENTS, SCORES, VALUES]
    with (tmp_path / "out" / SCORES).open() as file:
        rows = list(csv.DictReader(file))
    metrics = METRICS["occurrence"]
    assert len(rows) == 2 * 3 * len(metrics)
    for row in rows:
        assert row["command"] == COMMAND
        assert (row["data"], row["protocol"], row["fold"], row["threshold"]) == (
            *("table", "subject-folds", "2", "0.5"),
        )
        assert row["version"] == compared.about.version
        assert len(row["sha256"]) == len(row["data_digest"]) == 64
    first = next(row for row in rows if (row["of"], row["metric"]) == ("mean", "f1"))
    assert float(first["value"]) == compared.standings[0].table.mean["f1"]
    values = json.loads((tmp_path / "out" / VALUES).read_text())
    assert values["about"]["command"] == COMMAND
    assert values["pairs"][0]["mean"] == compared.pairs[0].by.mean
    assert values["networks"][1]["scores"]["mean"] == compared.standings[1].table.mean
    assert [one["epochs"][1]["train.au"] for one in values["learned"]] == [1.0, 1.0]


def test_disagreements_name_the_pictures(compared, learned, cache, tmp_path):
    write_comparison(compared, learned, tmp_path / "out")
    with (tmp_path / "out" / DISAGREEMENTS).open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["command"], row["fold"]) for row in rows} == {(COMMAND, "2")}
    spreads = [float(row["spread"]) for row in rows]
    assert spreads == sorted(spreads, reverse=True)
    first, second = (one.predictions for one in compared.standings)
    apart = np.abs(first.predicted - second.predicted).max(axis=1)
    place = int(apart.argmax())
    row = compared.standings[0].stands[0].rows[compared.keys[place][1]]
    assert (rows[0]["path"], rows[0]["person"]) == (cache.index.path[row], first.subjects[place])
    assert spreads[0] == pytest.approx(apart.max())
    said = [float(rows[0][name]) for name in ("red", "dull")]
    assert abs(said[0] - said[1]) == pytest.approx(spreads[0])


def test_nothing_is_left_half_written(compared, learned, tmp_path, runs, monkeypatch):
    with pytest.raises(InputError, match="is a run folder and keeps its own report"):
        write_comparison(compared, learned, runs[0])
    from mien.comparison import writing

    def broken(*_, **__):
        raise InputError("no page")

    monkeypatch.setattr(writing, "page", broken)
    with pytest.raises(InputError, match="no page"):
        write_comparison(compared, learned, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_rail_goes_from_end_to_end():
    drawn = strip(1, 0.5, (0.25, 0.75), (0.0, 1.0))
    assert 'x1="25.0" x2="75.0"' in drawn
    assert 'x1="50.0" x2="50.0"' in drawn
    assert strip(1, None, None, (0.0, 1.0)) == ""
