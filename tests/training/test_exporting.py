"""mien export: smaller files of a run, what they lose, and when they are refused."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from mien.data.cache import prepare
from mien.errors import InputError, WeightsError
from mien.evaluation.evaluate import evaluate
from mien.runtime import Predictor
from mien.training import eightbits, exporting, sparing
from mien.training.evaluating import Choice, run_trial
from mien.training.exporting import Wanted, export_run, precision_of
from mien.training.precision import with_card
from mien.training.subject import open_subject
from mien.values import Scores
from tests.crop_networks import card, convolutions, write
from tests.evaluation.coloured import cache_of
from tests.training.tinyrun import WEIGHTS, run_folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return cache_of(tmp_path_factory.mktemp("coloured"), size=12)


SPEC = card(units=(4, 12, 9, 1), template="whole", size=12, aligned=0)


@pytest.fixture
def run(tmp_path, cache):
    """A run folder with a network that has weights worth making smaller."""
    folder = run_folder(tmp_path / "fold2", cache)
    model = with_card(convolutions(width=48), SPEC)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder


def test_int8_learns_from_the_training_part_and_tells_what_it_loses(run, cache, monkeypatch):
    given = []

    def note(model, batches, operators):
        given.extend(batches)
        return real(model, iter(given), operators)

    real = sparing.quantize
    monkeypatch.setattr(sparing, "quantize", note)
    done = export_run(run, Wanted("int8", data=cache.folder, limit=0.5))
    subject = open_subject(run)
    train = subject.split.train
    shown = np.stack([cache.image(int(row)) for row in train]).astype(np.float64) / 255
    wanted = ((shown - SPEC.mean) / SPEC.std).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(np.concatenate(given), wanted, atol=1e-5)
    assert done.path == run / "model.int8.onnx"
    small = Predictor(done.path)
    assert small.spec == replace(SPEC, precision="int8")
    one = done.measured
    assert (one.metric, one.part) == ("F1", "the validate part")
    for predictor, figure in ((subject.predictor, one.before), (small, one.after)):
        table = evaluate(predictor, cache, subject.split.validate, present=3.0).table
        assert figure == table.mean["f1"]
    assert done.size == done.path.stat().st_size < 0.5 * done.before
    assert all(seconds > 0 for seconds in one.seconds)
    report = json.loads((run / "model.int8.onnx.report.json").read_text())
    assert report["measured"]["after"] == one.after
    assert report["data"] == cache.digest
    text = "\n".join(done.lines())
    assert f"{one.before:.3f} as fp32, {one.after:.3f} as int8" in text
    assert run_trial(open_subject(done.path), cache, Choice()).facts["model"]["precision"] == "int8"


def biased(model, value):
    """A network that always says the same."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    [bias] = [one for one in other.graph.initializer if one.name == "bias"]
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(4, value, np.float32), "bias"))
    return other


def test_int8_that_loses_too_much_is_not_written(run, cache, monkeypatch):
    monkeypatch.setattr(sparing, "quantize", lambda model, *_: biased(model, -99))
    model = biased(onnx.load(str(run / "model.onnx")), 99)
    (run / "model.onnx").write_bytes(model.SerializeToString())
    before = sorted(path.name for path in run.iterdir())
    with pytest.raises(WeightsError, match=r"falls from 0\.\d+ to 0\.000, by more than 0\.02; use"):
        export_run(run, Wanted("int8", data=cache.folder))
    assert sorted(path.name for path in run.iterdir()) == before
    done = export_run(run, Wanted("int8", data=cache.folder, limit=1.0))
    assert done.measured.after == 0


def test_layers_are_spared_until_the_scores_are_near(run, cache):
    def near(limit):
        done = export_run(run, Wanted("int8", data=cache.folder, limit=1.0, score_limit=limit))
        small, whole = (
            evaluate(Predictor(path), cache, open_subject(run).split.validate).predictions.predicted
            for path in (done.path, run / "model.onnx")
        )
        apart = np.abs(np.asarray(small) - np.asarray(whole))
        assert done.measured.difference == pytest.approx(apart.max())
        assert done.measured.typical == pytest.approx(np.quantile(apart, 0.95))
        assert done.measured.typical <= limit
        return done

    first = near(1.0)
    assert first.spared == (0, 3)
    less = near(0.999 * first.measured.typical)
    assert less.spared[0] in (0, 1, 2)
    assert less.measured.typical < first.measured.typical
    report = json.loads((run / "model.int8.onnx.report.json").read_text())
    assert report["measured"]["typical"] == less.measured.typical
    assert f"95 % of the scores are within {less.measured.typical:.4f}" in "\n".join(less.lines())
    before = (run / "model.int8.onnx").read_bytes()
    with pytest.raises(WeightsError, match=r"even with 2 of 3 layers in fp32.*within 0; use fp16"):
        near(0.0)
    assert (run / "model.int8.onnx").read_bytes() == before


def test_a_graph_of_units_is_held_to_a_hundredth(run, cache, monkeypatch):
    monkeypatch.setattr(eightbits, "SCORES", 0.0)
    export_run(run, Wanted("int8", data=cache.folder, limit=1.0))  # no graph: the metric alone
    spec = replace(SPEC, outputs=("probability", "relations"))
    model = with_card(with_relations(onnx.load(str(run / "model.onnx"))), spec)
    (run / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(WeightsError, match=r"expected within 0; use fp16, or allow.*--score-limit"):
        export_run(run, Wanted("int8", data=cache.folder, limit=1.0))
    export_run(run, Wanted("int8", data=cache.folder, limit=1.0, score_limit=0.5))


def with_relations(model):
    """The network with the products of its scores as relations of its units, (n, 4, 4, 1)."""
    tables = {"tall": [0, 4, 1, 1], "wide": [0, 1, 4, 1]}
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(np.array(v, np.int64), k) for k, v in tables.items()
    )
    make = onnx.helper.make_node
    model.graph.node.extend(
        [
            make("Reshape", ["probability", "tall"], ["rows"]),
            make("Reshape", ["probability", "wide"], ["columns"]),
            make("Mul", ["rows", "columns"], ["relations"]),
        ]
    )
    model.graph.output.append(
        onnx.helper.make_tensor_value_info("relations", onnx.TensorProto.FLOAT, ["n", 4, 4, 1])
    )
    return model


def bare_file(tmp_path, model=None):
    """A file that is no run's."""
    path = tmp_path / "mine.onnx"
    model = convolutions(width=48) if model is None else model
    path.write_bytes(with_card(model, SPEC).SerializeToString())
    return path


def test_a_file_of_no_run_learns_from_half_of_ones_pictures(tmp_path, cache, monkeypatch):
    path, given = bare_file(tmp_path), []

    def note(model, batches, operators):
        given.extend(batches)
        return real(model, iter(given), operators)

    real = sparing.quantize
    monkeypatch.setattr(sparing, "quantize", note)
    done = export_run(path, Wanted("int8", data=cache.folder, score_limit=1.0))
    assert done.path == tmp_path / "mine.int8.onnx"
    people = np.array(cache.index.subject)
    names = list(dict.fromkeys(cache.index.subject))
    learned = np.flatnonzero(np.isin(people, names[::2]))
    shown = np.stack([cache.image(int(row)) for row in learned]).astype(np.float64) / 255
    wanted = ((shown - SPEC.mean) / SPEC.std).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(np.concatenate(given), wanted, atol=1e-5)
    judged = np.flatnonzero(np.isin(people, names[1::2]))
    both = [evaluate(Predictor(one), cache, judged) for one in (done.path, path)]
    said = [np.asarray(one.predictions.predicted) for one in both]
    apart = np.abs(said[0] - said[1])
    one = done.measured
    assert (one.part, one.pictures) == ("the half that gave no ranges", len(judged))
    assert one.typical == pytest.approx(np.quantile(apart, 0.95), rel=1e-5)
    assert (one.metric, one.before) == ("F1", both[1].table.mean["f1"])


def test_pictures_without_labels_will_do(tmp_path, cache):
    index = replace(cache.index, occurrence=None, intensity=None, expression=None)
    bare = prepare(replace(index, name="faces"), tmp_path / "faces", "whole", 12)
    done = export_run(bare_file(tmp_path), Wanted("int8", data=bare.folder, score_limit=1.0))
    assert (done.measured.metric, done.measured.before) == (None, None)
    assert "which say nothing that it reads" in "\n".join(done.lines())
    report = json.loads((tmp_path / "mine.int8.onnx.report.json").read_text())
    assert report["measured"]["metric"] is None


def test_scores_of_a_file_of_no_run_stay_within_two_hundredths(tmp_path, cache, monkeypatch):
    path = bare_file(tmp_path)
    monkeypatch.setattr(sparing, "quantize", lambda model, *_: biased(model, 9))
    with pytest.raises(WeightsError, match=r"of their range from fp32, expected within 0\.02; use"):
        export_run(path, Wanted("int8", data=cache.folder))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine.onnx"]


def test_every_head_is_compared_in_shares_of_its_range(monkeypatch):
    one = Scores(
        probability=np.array([[0.5]], np.float32), intensity=np.array([[1.0, 2.0]], np.float32)
    )
    other = replace(one, intensity=np.array([[1.5, 2.0]], np.float32))
    assert sorted(eightbits._apart(one, other).tolist()) == pytest.approx([0.0, 0.0, 0.1])


def test_too_few_pictures_of_ones_own(tmp_path, cache):
    few = prepare(cache.index.take(np.arange(6)), tmp_path / "few", "whole", 12)
    with pytest.raises(InputError, match=r"holds 6 pictures that .* could read, expected at least"):
        export_run(bare_file(tmp_path), Wanted("int8", data=few.folder))


def test_fp16_needs_nothing_but_the_file(tmp_path, run):
    out = tmp_path / "small.onnx"
    done = export_run(run / "model.onnx", Wanted("fp16", out))
    assert done.size < 0.6 * done.before
    assert 0 < done.difference < 1e-3
    assert Predictor(out).spec == replace(SPEC, precision="fp16")
    assert "largest difference of an output: " in done.lines()[1]


def test_fp16_that_says_something_else_is_not_written(tmp_path, run, monkeypatch):
    monkeypatch.setattr(exporting, "HALVED", 1e-12)
    with pytest.raises(WeightsError, match=r"small\.onnx was not written: with weights of float16"):
        export_run(run, Wanted("fp16", tmp_path / "small.onnx"))
    assert not (tmp_path / "small.onnx").exists()


def test_what_is_small_already_is_not_made_smaller(tmp_path, cache):
    from mien.weights.catalog import FILES

    path = tmp_path / "au.onnx"
    path.write_bytes((FILES / "au-mesh.onnx").read_bytes())
    with pytest.raises(InputError, match=r"au\.onnx is fp16 already; name a network of fp32"):
        export_run(path, Wanted("int8", data=cache.folder))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted("int8"), "name the prepared data set of the run with --data"),
        (Wanted("fp32"), "is no run folder with a best.ckpt"),
    ],
)
def test_what_lacks_is_named(run, wanted, told):
    with pytest.raises(InputError, match=told):
        export_run(run, wanted)


def test_other_pictures_and_no_run_are_refused(run, tmp_path, cache):
    other = cache_of(tmp_path / "other", size=12, count=12)
    with pytest.raises(InputError, match="holds other pictures than tiny-occurrence was trained"):
        export_run(run, Wanted("int8", data=other.folder))
    small = prepare(other.index, tmp_path / "small", "whole", other.aligned // 2)
    with pytest.raises(InputError, match="holds other pictures"):  # no word on how to align them
        export_run(run, Wanted("int8", data=small.folder))
    bare = write(tmp_path / "bare.onnx", card(units=(4, 12), template="whole"), WEIGHTS)
    with pytest.raises(InputError, match="aligned as whole at 12 px, and tiny-occurrence reads"):
        export_run(bare, Wanted("int8", data=cache.folder))
    with pytest.raises(InputError, match="is the network that is read; write to another name"):
        export_run(bare, Wanted("fp16", bare))
    small = export_run(run, Wanted("fp16")).path
    assert small == run / "model.fp16.onnx"
    with pytest.raises(InputError, match=r"is fp16 already; name a network of fp32"):
        export_run(small, Wanted("int8", data=cache.folder))


def test_a_precision_is_one_of_three():
    assert precision_of("int8") == "int8"
    with pytest.raises(InputError, match="no precision 'int4'; choose fp32, fp16, int8"):
        precision_of("int4")
