"""What networks cost: each file by itself, in 8 bits where that lies beside it."""

import csv
from dataclasses import replace

import pytest

from mien.comparison import costs
from mien.comparison.compare import Choice, compare
from mien.comparison.drawing import speeds
from mien.comparison.entrants import open_entrants, small_beside
from mien.comparison.memory import memory_of
from mien.comparison.page import page
from mien.comparison.writing import SCORES, write_comparison
from mien.evaluation.evaluate import evaluate
from mien.evaluation.predictions import concatenate
from mien.evaluation.scoring import tabulate
from mien.evaluation.timing import Timed, seconds_per_crop
from mien.files import digest_of
from mien.machine import processor
from mien.runtime import Predictor
from mien.training.precision import with_card
from tests.comparison.made_runs import PARALLEL, rows_of, run_of
from tests.crop_networks import card, convolutions, write
from tests.evaluation.coloured import cache_of


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("costs")
    cache = cache_of(folder / "set")
    one = run_of(folder / "one", cache, name="one")
    spec = card(units=(4, 12), template="whole", name="one-fold2", precision="int8")
    write(one / "model.int8.onnx", spec, 0.5 * PARALLEL)
    two = run_of(folder / "two", cache, name="two")
    write(two / "model.int8.onnx", card(units=(4, 12), template="whole", precision="int8"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(costs, "memory_of", lambda name: 12.0 if name.endswith(".onnx") else None)
        return compare(open_entrants([one, two]), [cache], Choice(), "again")


def test_files_and_numbers_are_counted(compared):
    one, two = compared.standings
    whole, small = one.costs
    file = one.stands[0].subject.file
    assert (whole.precision, small.precision) == ("fp32", "int8")
    assert whole.size == file.stat().st_size
    assert small.size == (file.parent / "model.int8.onnx").stat().st_size
    assert (whole.parameters, whole.operations) == (3 * 2 + 2, 3 * 2)
    assert whole.seconds > 0
    assert whole.memory == small.memory == 12.0
    assert len(two.costs) == 1  # the file beside it is another network's
    assert small_beside(two.stands[0].subject) is None


def test_8_bits_have_a_figure_of_their_own(compared):
    one, two = compared.standings
    assert one.small == pytest.approx(one.table.mean["f1"])  # weaker scores of the same sign
    assert two.small is None
    names = [curve.label.partition(":")[0] for curve in speeds(compared).curves]
    assert names == ["A, one", "A in 8 bits", "B, two"]
    text = page(compared, [])
    assert "<h2>What they cost</h2>" in text
    assert text.count('class="ring s0"') == 1
    slower = replace(one, costs=(replace(one.costs[0], uncounted=("Einsum",)), *one.costs[1:]))
    text = page(replace(compared, standings=(slower, two)), [])
    assert "Not counted, though they multiply: Einsum." in text


def test_8_bits_of_several_folds_are_pooled_each_on_its_own_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(costs, "memory_of", lambda _: None)
    cache = cache_of(tmp_path / "set")
    for fold in (1, 2, 3):
        one = run_of(tmp_path / "one" / f"fold{fold}", cache, fold=fold, name="one")
        run_of(tmp_path / "two" / f"fold{fold}", cache, -PARALLEL, fold=fold, name="two")
        spec = card(units=(4, 12), template="whole", name=f"one-fold{fold}", precision="int8")
        write(one / "model.int8.onnx", spec, PARALLEL if fold < 3 else -PARALLEL)
    paths = [tmp_path / "one", tmp_path / "two"]
    found = compare(open_entrants(paths), [cache], Choice(every=True), "again")
    parts = [
        evaluate(
            Predictor(tmp_path / "one" / f"fold{fold}" / "model.int8.onnx"), cache,
            rows_of(cache, fold),
        ).predictions
        for fold in (1, 2, 3)
    ]  # fmt: skip
    one, two = found.standings
    assert one.small == pytest.approx(tabulate(concatenate(parts)).mean["f1"])
    assert one.small != pytest.approx(one.table.mean["f1"])  # the third says the opposite
    assert len(one.small_digest.split()) == 3
    assert two.small is None
    (tmp_path / "one" / "fold2" / "model.int8.onnx").unlink()
    found = compare(open_entrants(paths), [cache], Choice(every=True), "again")
    assert found.standings[0].small is None  # a fold lacks it


def test_rows_name_the_file_and_the_processor(compared, tmp_path):
    write_comparison(compared, [], tmp_path / "out")
    with (tmp_path / "out" / SCORES).open() as file:
        rows = [row for row in csv.DictReader(file) if row["network"] == "one"]
    one = compared.standings[0]
    small = [row for row in rows if row["precision"] == "int8" and row["of"] == "mean"]
    assert [(row["metric"], float(row["value"])) for row in small] == [("f1", one.small)]
    digest = digest_of(one.stands[0].subject.file.with_name("model.int8.onnx"))
    assert small[0]["sha256"] == digest
    weighed = [row for row in rows if row["of"] == "cost"]
    assert {row["sha256"] for row in weighed if row["precision"] == "int8"} == {digest}
    assert {row["processor"] for row in weighed} == {processor()}
    assert {row["processor"] for row in rows if row["of"] != "cost"} == {""}
    spent = [row for row in weighed if row["metric"] == "cpu_seconds_per_face"]
    assert [float(row["value"]) for row in spent] == [cost.seconds for cost in one.costs]


def test_all_networks_take_turns(monkeypatch):
    import numpy as np

    from mien.evaluation import timing

    order, clock = [], iter(range(100))

    class Stub:
        def __init__(self, name):
            self.name = name

        def score_crops(self, *_):
            order.append(self.name)

    monkeypatch.setattr(timing.time, "process_time", lambda: float(next(clock)))
    images = np.zeros((4, 2, 2, 3), np.uint8)
    found = seconds_per_crop([Timed(Stub("a"), images), Timed(Stub("b"), images[:2])], 2)
    assert order == ["a", "b", "a", "b"]
    assert found == (1 / 4, 1 / 2)


def test_a_larger_network_takes_more_memory(tmp_path):
    pytest.importorskip("resource")  # Windows does not tell
    found = []
    for width in (8, 700):
        model = with_card(
            convolutions(width=width),
            card(units=(4, 12, 9, 1), template="whole", size=12, aligned=0),
        )
        path = tmp_path / f"{width}.onnx"
        path.write_bytes(model.SerializeToString())
        assert Predictor(path)
        found.append(memory_of(str(path)))
    assert found[1] - found[0] > 10  # 17 MB of weights
    assert memory_of(str(tmp_path / "none.onnx")) is None
