"""The default networks beside trained runs: what they say, of which pictures, and what is told."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.analysis.reading import open_reading
from mien.analysis.sides import Sides
from mien.comparison.compare import Choice, compare
from mien.comparison.entrants import open_entrants
from mien.comparison.faces import FaceFinder
from mien.comparison.looks import Looks, read_faces
from mien.comparison.memory import memory_of
from mien.comparison.page import page
from mien.comparison.shipped import Shipped, kind_of_pictures, likelihood, notes_of, way_of
from mien.comparison.writing import write_comparison
from mien.data.cache import open_cache
from mien.errors import InputError
from mien.evaluation.metrics import METRICS
from mien.evaluation.occurrence import auroc
from mien.weights.store import open_store
from tests.comparison.made_faces import BLANK, UNITS, caches_of
from tests.comparison.made_runs import run_of

WEIGHTS = np.array([[1.0, -1.0, 0.5], [0, 0, 0], [0, 0, 0]])
QUICK = Choice(cost=False, present=2.0)
pytestmark = pytest.mark.usefixtures("front_end")


@pytest.fixture(scope="module")
def caches(tmp_path_factory):
    return caches_of(tmp_path_factory.mktemp("faces"))


@pytest.fixture(scope="module")
def run(tmp_path_factory, caches):
    return run_of(tmp_path_factory.mktemp("run") / "one", caches[0], WEIGHTS, units=UNITS)


@pytest.fixture(scope="module")
def beside(run, caches):
    """A run, both ways of the default networks."""
    paths = [run, Path("default"), Path("default:mesh")]
    entrants = open_entrants(paths)
    choice = replace(QUICK, protocol="subject-folds", folds=3, fold=2)
    return compare(entrants, caches, choice, "mien compare ...")


def intensities(compared, at, way):
    """What the networks say of the pictures of a comparison, read without it."""
    stand = compared.standings[at].stands[0]
    finder, reading = FaceFinder(), open_reading(way, open_store())
    images = [stand.cache.image(int(stand.rows[place])) for _, place in compared.keys]
    meshes = [finder.faces(image)[0].mesh for image in images]
    return Sides(reading.single).unit_values(read_faces(reading, images, meshes))


@pytest.mark.parametrize(("at", "way"), [(1, "picture"), (2, "mesh")])
def test_scores_are_those_of_the_intensities(beside, at, way):
    said = intensities(beside, at, way)
    standing = beside.standings[at]
    units = Sides(open_reading(way, open_store()).single).units
    columns = [units.index(unit) for unit in standing.predictions.names]
    shown = said[:, columns]
    found = standing.predictions
    np.testing.assert_allclose(found.predicted, likelihood(shown, 2.0, 0.5), atol=1e-5)
    assert ((found.predicted >= found.threshold) == (shown >= 2.0)).all()
    wanted = auroc(shown, found.truth, found.known)
    ours = [standing.table.units[unit]["auroc"] for unit in found.names]
    assert ours == pytest.approx([None if np.isnan(one) else one for one in wanted])
    assert standing.stands[0].cache.aligned == 128  # the larger pictures


def test_pictures_without_a_face_are_left_out_for_all_and_counted(run, caches):
    found = compare(
        open_entrants([run, Path("default:mesh")]), caches,
        replace(QUICK, protocol="subject-folds", folds=3, fold=fold_of(caches[0], BLANK)), "",
    )  # fmt: skip
    assert "1 of 6 pictures show no face that default:mesh finds and are left out." in found.notes
    assert [len(one.predictions) for one in found.standings] == [5, 5]
    assert not any("pictures/7.png" in ground.pictures for ground in found.grounds)
    first, second = (one.predictions for one in found.standings)
    assert first.subjects == second.subjects


def fold_of(cache, row):
    from mien.data.protocols import split

    tested = [split(cache.index, "subject-folds", fold, folds=3).test for fold in (1, 2, 3)]
    return next(number for number, rows in enumerate(tested, 1) if row in rows)


def test_units_that_they_lack_stay_blank_and_theirs_alone_are_shown(beside, tmp_path, caches):
    assert beside.standings[1].table.units.keys() == {4, 12, 25}
    text = page(beside, [])
    assert "the default networks: from intensity 2 on" in text
    assert "Not in the means" not in text
    few = run_of(tmp_path / "few", caches[0], WEIGHTS[:, :1], units=(12,), name="few")
    found = compare(open_entrants([few, Path("default:mesh")]), caches, QUICK, "")
    assert tuple(found.standings[0].table.units) == (12,)
    assert set(found.standings[1].whole.units) == {4, 12, 25}
    assert "Not in the means, for not all networks have them: AU4, AU25." in page(found, [])


def test_intensities_are_given_as_they_are(run, caches, tmp_path):
    strong = run_of(tmp_path / "strong", caches[0], WEIGHTS, units=UNITS, task="intensity")
    found = compare(open_entrants([strong, Path("default:mesh")]), caches, QUICK, "")
    said = found.standings[1].predictions
    assert said.task == "intensity"
    units = Sides(open_reading("mesh", open_store()).single).units
    columns = [units.index(unit) for unit in said.names]
    np.testing.assert_allclose(said.predicted, intensities(found, 1, "mesh")[:, columns], atol=1e-4)
    assert found.about.shown is None
    alone = compare(open_entrants([Path("default"), Path("default:mesh")]), caches[1:], QUICK, "")
    assert alone.about.task == "intensity"
    assert alone.about.protocol == "all pictures"
    assert alone.about.pictures == 17
    assert alone.about.warnings == ()


def test_where_presence_is_labelled_they_say_it_from_1_on(caches):
    cache = open_cache(caches[1].folder)
    labels = cache.index.intensity.present(2.0)
    cache.index = replace(cache.index, intensity=None, occurrence=labels)
    both = open_entrants([Path("default"), Path("default:mesh")])
    found = compare(both, [cache], Choice(cost=False), "")
    assert (found.about.shown, found.about.present) == (1.0, None)


def test_each_face_is_looked_for_once(caches, monkeypatch):
    looked = []
    kept = FaceFinder.mesh
    monkeypatch.setattr(
        FaceFinder, "mesh", lambda self, *more: looked.append(0) or kept(self, *more)
    )
    rows = np.arange(4)
    looks = Looks()
    looks.add("picture")
    looks.add("mesh")
    looks.there(caches[1], rows, lambda *_: None)
    looks.there(caches[1], rows, lambda *_: None)
    assert len(looked) == 4
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            looks.said("picture", caches[1], rows), looks.said("mesh", caches[1], rows), atol=0.01
        )


def test_words_are_told_from_paths(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    assert way_of(Path("default")) == way_of(Path("default:picture")) == "picture"
    Path("default").mkdir()
    assert way_of(Path("default")) is None
    with pytest.raises(InputError, match="there is no default 'nose'; there are picture, mesh"):
        open_entrants([run, Path("default:nose")])
    Path("default").rmdir()
    with pytest.raises(InputError, match="default:picture and default are the same network"):
        open_entrants([Path("default"), Path("default:picture")])


def test_expressions_are_not_compared_with_units(tmp_path, caches):
    other = run_of(tmp_path / "a", caches[0], WEIGHTS, task="expression", classes=("a", "b", "c"))
    with pytest.raises(InputError, match=r"default gives action units, and .*a gives expression"):
        open_entrants([other, Path("default")])


@pytest.mark.parametrize(
    ("kind", "told"), [("planted", "made of portraits"), ("rendered", "rendered"), ("drawn", "")]
)
def test_of_pictures_of_its_own_kind_it_is_said(tmp_path, kind, told):
    assert kind_of_pictures(tmp_path) == ""
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "synthetic.json").write_text(json.dumps({"kind": kind}))
    assert kind_of_pictures(tmp_path) == kind_of_pictures(tmp_path / "table") == kind
    lines = list(Shipped("mesh", Looks()).warnings(tmp_path, "table"))
    assert len(lines) == bool(told)
    assert all(told in line and line.endswith("figures are too good") for line in lines)


def test_the_warning_stands_at_every_table(run, tmp_path):
    caches = caches_of(tmp_path, persons=2, each=2)
    (tmp_path / "set" / "synthetic.json").write_text('{"kind": "planted"}')
    found = compare(open_entrants([Path("default"), Path("default:mesh")]), caches, QUICK, "")
    assert len(found.about.warnings) == 2
    assert page(found, []).count("made of portraits with planted units") >= 2 * 4


def test_every_row_names_files_and_score(beside, tmp_path):
    import csv

    write_comparison(beside, [], tmp_path / "out")
    with (tmp_path / "out" / "scores.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["network"] == "default"]
    assert len(rows) == (1 + 3) * len(METRICS["occurrence"])
    assert {len(row["sha256"].split()) for row in rows} == {6}  # three of the face, three of units
    assert {row["precision"] for row in rows} == {"fp16+int8"}
    assert {(row["threshold"], row["shown"]) for row in rows} == {("0.5", "2.0")}
    text = page(beside, [])
    assert text.count("au-both <code>") == 1
    assert all("au-both-difference" not in part for part in text.split("<code>"))


def test_a_face_that_fills_the_picture_is_found_by_its_landmarks(caches, monkeypatch):
    from mien.face.landmarks import landmarks

    cache, finder = caches[1], FaceFinder()
    image = cache.image(1)
    mesh = finder.mesh(image, np.full((49, 2), np.nan, np.float32))
    points = landmarks(mesh, "49")
    monkeypatch.setattr(finder, "faces", lambda _: [])
    again = finder.mesh(image, points)
    apart = np.linalg.norm(mesh[33, :2] - mesh[263, :2])
    assert np.abs(again - mesh)[:, :2].mean() < 0.05 * apart
    blank = np.full_like(image, 90)
    assert finder.mesh(blank, points) is None
    assert finder.mesh(image, np.full((49, 2), np.nan, np.float32)) is None


def test_without_landmarks_they_look_again_with_room_around(caches, monkeypatch):
    image = caches[1].image(1)
    finder, seen = FaceFinder(), []
    kept = finder.faces
    unknown = np.full((49, 2), np.nan, np.float32)

    def close(picture):
        seen.append(len(picture))
        return [] if len(picture) == 128 else kept(picture)

    wanted = finder.mesh(image, unknown)
    monkeypatch.setattr(finder, "faces", close)
    found = finder.mesh(image, unknown)
    assert seen == [128, 256]
    assert np.abs(found - wanted)[:, :2].max() < 4


def test_the_face_of_the_landmarks_is_meant(caches):
    from mien.face.landmarks import landmarks

    finder, unknown = FaceFinder(), np.full((49, 2), np.nan, np.float32)
    images = [caches[1].image(row) for row in (1, 4)]
    both = np.concatenate(images, axis=1)
    points = landmarks(finder.mesh(images[1], unknown), "49") + np.float32([128, 0])
    mesh = finder.mesh(both, points)
    assert mesh[:, 0].mean() > 128


def test_what_they_cost_is_the_sum_of_their_networks(run, caches, monkeypatch):
    from mien.comparison import costs
    from mien.comparison.counting import count
    from mien.training.exporting import probe_of

    asked = []
    monkeypatch.setattr(costs, "memory_of", asked.append)
    entrants = open_entrants([run, Path("default:mesh"), Path("default")])
    found = compare(entrants, caches, replace(QUICK, cost=True), "")
    mesh, both = (one.costs[0] for one in found.standings[1:])
    parts = {
        name: count(path, probe_of(spec))
        for name, (path, spec) in found.standings[2].stands[0].subject.parts.items()
    }
    assert list(parts) == ["au-mesh", "au-picture", "au-both"]
    assert mesh.parameters == parts["au-mesh"].parameters
    assert both.parameters == sum(one.parameters for one in parts.values())
    assert both.operations == sum(one.operations for one in parts.values())
    assert mesh.finding > 0
    assert found.standings[0].costs[0].finding is None
    assert asked[1:] == ["default:mesh", "default"]
    assert f"here it takes {1000 * mesh.finding:.2f} ms a picture" in page(found, [])


def test_the_memory_of_a_word_is_that_of_its_networks():
    pytest.importorskip("resource")  # Windows does not tell
    assert 1 < memory_of("default:mesh") < 500


def test_nothing_is_said_of_them_where_they_are_not():
    assert list(notes_of([], 1.0)) == []


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.995])
def test_the_threshold_lies_at_the_intensity_that_counts_as_present(threshold):
    said = np.array([0, 1.9, 2, 2.1, 5], np.float32)
    found = likelihood(said, 2, threshold)
    assert (np.diff(found) > 0).all()
    assert (found >= threshold).tolist() == [False, False, True, True, True]
    assert found[[0, -1]].tolist() == [0, 1]


@pytest.mark.parametrize("threshold", [0, 1])
def test_a_threshold_at_an_end_is_refused(threshold):
    with pytest.raises(InputError, match="all units or none"):
        likelihood(np.zeros(1, np.float32), 2, threshold)


def test_all_folds_are_those_of_a_run_and_there_is_none(caches):
    choice = replace(QUICK, protocol="subject-folds", folds=3, every=True)
    with pytest.raises(InputError, match="--fold all takes the folds of a run"):
        compare(open_entrants([Path("default"), Path("default:mesh")]), caches, choice, "")
