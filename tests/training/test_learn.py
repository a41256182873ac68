import json
from dataclasses import replace

import numpy as np
import pytest

from mien.data import arrayfile, rendered
from mien.data.expressions import COLUMNS, OUTPUTS, SWAP
from mien.data.portraits import GROUP, MIX, REST, SINGLE, Planted
from mien.data.synthetic import Examples
from mien.evaluation.units import Exam
from mien.face.geometry import FEATURES, mirror
from mien.runtime import Predictor
from mien.training import learn as learning
from mien.training.learn import Material, learn
from mien.training.meshrecipe import Calibration, MeshRecipe, MeshSchedule, Shares

RECIPE = MeshRecipe(
    name="toy",
    reads="mesh-difference",
    shares=Shares(0.5, 0.25, 0.25),
    widths=(32,),
    dropout=0.0,
    networks=2,
    schedule=MeshSchedule(epochs=1, steps=150, batch=96, rate=5e-3),
)


def some(count, seed, shrink=1.0):
    """Features in which the units can be read off, the left ones at the image's right."""
    rng = np.random.default_rng(seed)
    target = (rng.random((count, OUTPUTS)) * (rng.random((count, OUTPUTS)) < 0.4)).astype("f4")
    directions = np.random.default_rng(0).normal(size=(OUTPUTS, FEATURES)).astype(np.float32)
    directions = (directions + mirror(directions)[SWAP]) / 50
    return Examples((shrink * target) @ directions, target)


def material(shrink=1.0):
    planted = some(40 * GROUP, 3, shrink)
    planted.target[::GROUP], planted.features[::GROUP] = 0, 0
    groups = np.arange(40).repeat(GROUP)
    kinds = np.where(np.arange(40 * GROUP) % GROUP, MIX, REST)
    faces = Planted(np.zeros((240, 478, 3), "f4"), planted.target, groups, kinds, 0 * kinds)
    tested = some(60, 4)
    kinds = np.array([REST] * 10 + [SINGLE] * 20 + [MIX] * 30)
    tested.target[:10], tested.features[:10] = 0, 0
    units = np.where(kinds == SINGLE, 12, 0)
    evaluation = Planted(np.zeros((60, 478, 3), "f4"), tested.target, kinds, kinds, units)
    exam = Exam(some(200, 5), evaluation, tested)
    return Material(some(2000, 1), some(800, 2, shrink), faces, planted, exam)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return learn(RECIPE, material(), folder), folder


@pytest.mark.parametrize("reads", ["mesh", "mesh-difference"])
def test_both_persons_who_turn_and_who_keep_still_are_learned_from(tmp_path, monkeypatch, reads):
    rng = np.random.default_rng(3)
    person, place = np.arange(6).repeat(2), np.arange(12)
    heads = {}
    for name in (rendered.FOLDER, rendered.STILL_FOLDER):
        one = rendered.Rendered(
            rng.normal(300, 50, (12, 478, 3)).astype(np.float32), rng.random((12, OUTPUTS)),
            np.zeros((12, 57)), np.zeros((12, 2)), np.zeros((12, 3)), np.zeros((12, 100)),
            person, place % 2 == 0,
        )  # fmt: skip
        (tmp_path / name).mkdir()
        arrayfile.write(tmp_path / name / "rendered-00000.npz", arrayfile.columns(one))
        heads[name] = one
    monkeypatch.setattr(learning.portraits, "read_groups", lambda _: material().planted)
    monkeypatch.setattr(learning.ict, "load", lambda _: None)
    seen = []
    monkeypatch.setattr(learning, "_simulated", lambda *given: seen.append(given[1]))
    monkeypatch.setattr(learning, "read_exam", lambda *_, **__: None)
    found = learning.read(replace(RECIPE, reads=reads), tmp_path).rendered.target
    kept = np.isin(person, [1, 2, 3, 4])  # 0 and 5 are held out
    # the mesh's response is measured on heads that turn
    np.testing.assert_array_equal(seen[0].intensity, heads[rendered.FOLDER].intensity[kept])
    if reads == "mesh-difference":
        kept &= place % 2 == 1
    np.testing.assert_array_equal(
        found, np.concatenate([one.intensity[kept] for one in heads.values()])
    )


def test_a_run_leaves_its_settings_figures_and_network(run):
    path, folder = run
    names = {item.name for item in folder.iterdir()}
    assert names == {"recipe.json", "network-1", "network-2", "report.json", "model.onnx"}
    assert json.loads((folder / "recipe.json").read_text())["shares"]["planted"] == 0.25
    line = json.loads((folder / "network-2" / "metrics.jsonl").read_text().splitlines()[-1])
    assert line["validate.rendered"] > 0.8
    assert path == folder / "model.onnx"


def test_the_network_reads_the_side_of_the_person(run):
    predictor = Predictor(run[0])
    assert predictor.spec.columns() == COLUMNS
    target = np.zeros((1, OUTPUTS), np.float32)
    target[0, COLUMNS.index("AU12_L")] = 0.8
    directions = np.random.default_rng(0).normal(size=(OUTPUTS, FEATURES)).astype(np.float32)
    directions = (directions + mirror(directions)[SWAP]) / 50
    read = predictor.score(target @ directions).intensity[0]
    assert read.argmax() == COLUMNS.index("AU12_L")
    assert read[COLUMNS.index("AU12_R")] < 0.4 * read[COLUMNS.index("AU12_L")]


def test_the_card_says_how_far_each_unit_can_be_trusted(run):
    spec = Predictor(run[0]).spec
    report = json.loads((run[1] / "report.json").read_text())
    assert [unit for unit, _ in spec.reliability] == list(dict(spec.evidence))
    assert len(spec.reliability) == 22
    for unit, value in spec.evidence:
        tests = (report[name][str(unit)]["pcc"] for name in ("rendered", "mixed"))
        assert value == pytest.approx(min(tests), abs=0.01)


def test_shrunk_outputs_are_stretched_no_further_than_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(learning, "export", lambda *_: None)  # the report is of what is exported
    half = replace(RECIPE, networks=1, shares=Shares(1.0, 0.0, 0.0))
    rises = []
    for stretch in (1.0, 1.5):
        recipe = replace(half, calibration=Calibration(stretch=stretch))
        learn(recipe, material(shrink=0.4), tmp_path / str(stretch))
        report = json.loads((tmp_path / str(stretch) / "report.json").read_text())
        rises.append(report["rendered"]["26"]["slope"])
    assert rises[1] == pytest.approx(1.5 * rises[0], rel=0.1)
