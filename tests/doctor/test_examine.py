"""An installation that is well, and ones that are not: what is found, and what is said."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mien.doctor.examine import Wanted, examine
from mien.doctor.golden import judge_network, read_golden
from mien.doctor.patterns import ask
from mien.doctor.photo import find_photo


@pytest.fixture(scope="module")
def photo(astronaut):
    return find_photo()


def test_all_is_well_and_measured(store, photo, monkeypatch):
    monkeypatch.setattr("mien.doctor.chain.FRAMES", 8)
    seen = examine(store, Wanted(photo, seconds=0.001))
    assert seen.broken == []
    assert [one.right for one in seen.patterns] == [True] * len(store.standings())
    assert seen.photo is not None
    assert seen.photo.right
    assert [(one.default, one.frames) for one in seen.speeds] == [("picture", 8), ("mesh", 8)]
    assert all(one.cpu > 0 for one in seen.speeds)
    assert set(seen.milliseconds) == {one.network.name for one in store.standings()}
    assert all(spent > 0 for spent in seen.milliseconds.values())
    said = "\n".join(seen.lines())
    assert said.endswith("All is well.")
    for standing in store.standings():
        assert f"  {standing.network.name} " in said
    assert json.loads(seen.to_json())["well"] is True


def test_a_face_model_that_lacks_is_said_and_not_fetched(store, photo):
    for path in store.folder.glob("*landmark*"):
        path.unlink()
    for path in store.folder.glob("face-mesh*"):
        path.unlink()

    def never(*_):
        raise AssertionError("it was fetched")

    seen = examine(replace(store, offline=False, download=never), Wanted(photo))
    [finding] = seen.broken
    assert finding.what == "face-mesh cannot be used: not in the cache"
    assert "mien weights fetch" in finding.cure
    assert "mien doctor --fetch" in finding.cure
    assert (seen.photo, seen.speeds) == (None, ())
    # the other networks are tested all the same
    assert {one.name for one in seen.patterns} >= {"face-short", "au-mesh", "au-picture"}
    said = "\n".join(seen.lines())
    assert "face-mesh           to be fetched" in said
    assert said.endswith(f"1 thing is broken:\n1. {finding}")
    [offline] = examine(store, Wanted(photo)).broken
    assert offline.cure.startswith("MIEN_OFFLINE is set: on a machine with internet")


@pytest.mark.parametrize("place", [".", "weights"])
def test_a_file_where_the_cache_would_be_is_the_one_thing_to_mend(store, tmp_path, place):
    file = tmp_path / "new" / place
    file.parent.mkdir(exist_ok=True)
    file.touch()
    for fetch in (False, True):
        seen = examine(replace(store, home=tmp_path / "new"), Wanted(None, 0, fetch))
        assert seen.broken[-1].what == (
            f"face-short, face-full, face-mesh cannot be used: {file} is a file, expected a folder"
        )
        assert all("set MIEN_HOME to a folder" in one.cure for one in seen.broken)
        assert "weights fetch" not in "\n".join(seen.lines())
    file.unlink()
    later = examine(replace(store, home=tmp_path / "new"), Wanted(None, 0)).broken
    assert later[0].what.endswith("not in the cache")


def test_asked_to_fetch_it_does_and_says_why_it_could_not(store, photo):
    def broken(*_):
        from mien.errors import WeightsError

        raise WeightsError("pip could not get it: no route")

    for path in store.folder.glob("*"):
        path.unlink()
    seen = examine(replace(store, offline=False, download=broken), Wanted(photo, fetch=True))
    assert seen.broken[0].what == "fetching the face models failed"
    assert "no route" in seen.broken[0].cure


def test_what_is_only_to_be_converted_is_converted(store):
    for path in store.folder.glob("face-*.onnx"):
        path.unlink()
    for path in store.folder.glob("*.json"):
        path.unlink()
    seen = examine(store, Wanted(None, seconds=0))
    assert seen.broken == []
    assert {one.state for one in seen.standings} == {"to be converted", "shipped"}
    assert len(seen.patterns) == len(seen.standings)


def test_a_damaged_network_is_named_with_its_cure(store, photo):
    path = store.files / "au-both.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    [mesh] = store.folder.glob("face-mesh-*.onnx")
    mesh.write_bytes(mesh.read_bytes()[:-1])
    found = {one.what: one.cure for one in examine(store, Wanted(photo)).broken}
    assert len(found) == 2
    ours = "of the networks that come with mien, these cannot be used: au-both (damaged)"
    assert found[ours].startswith("install mien again")
    assert "face-mesh in the cache are damaged" in found


def test_the_quickest_of_the_rounds_counts_in_milliseconds(store, monkeypatch):
    clock = iter([0.0, 5.0, 5.0, 7.0, 7.0, 10.0])  # begun and ended, three times
    monkeypatch.setattr(
        "mien.doctor.patterns.time", SimpleNamespace(process_time=lambda: next(clock))
    )
    assert ask(store.files / "au-mesh.onnx").milliseconds == 2000
    assert list(clock) == []


def harm(path, change, place=0):
    """Change the largest table of weights of a network, or the one of a place after it."""
    model = onnx.load(str(path))
    tables = sorted(model.graph.initializer, key=lambda one: -np.prod(one.dims))
    values = change(numpy_helper.to_array(tables[place]).copy())
    tables[place].CopyFrom(numpy_helper.from_array(values, tables[place].name))
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("au-picture", lambda weights: np.roll(weights, 1)),
        ("au-mesh", lambda weights: (weights * 1.02).astype(weights.dtype)),
        ("au-both-difference", lambda weights: weights.round(1)),
    ],
)
def test_a_kernel_that_computes_wrongly_shows(store, photo, monkeypatch, name, change):
    """As if a processor computed one network wrongly: its file is right by name and hash."""
    well = store.standings(thorough=True)
    harm(store.files / f"{name}.onnx", change)
    monkeypatch.setattr(type(store), "standings", lambda *_, **__: well)
    seen = examine(store, Wanted(photo, seconds=0))
    assert [one.name for one in seen.patterns if not one.right] == [name]
    told = seen.broken[0]
    assert told.what.startswith(f"{name} does not give what it should: off by ")
    assert "onnxruntime" in told.cure
    if name == "au-picture":  # the photograph is read with it
        assert seen.photo is not None
        assert not seen.photo.right


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, lambda weights: np.roll(weights, 1)),
        (0, lambda weights: np.trunc(weights * 0.9)),
        (
            1,
            lambda weights: np.where(
                np.arange(weights.size).reshape(weights.shape) % 16, weights, 0
            ),
        ),
        (2, lambda weights: np.trunc(weights * 0.9)),
        (3, lambda weights: np.roll(weights, 1)),
    ],
)
def test_faults_of_the_network_in_8_bits_show_without_the_photograph(store, place, change):
    path = store.files / "au-picture.onnx"
    harm(path, lambda weights: change(weights).astype(weights.dtype), place)
    wanted = read_golden().patterns["au-picture"]
    judged = judge_network("au-picture", ask(path), wanted)
    assert not judged.right, judged.told


def test_another_right_way_to_compute_8_bits_is_no_fault(store, monkeypatch):
    """Without the runtime's kernels of whole numbers; twice as far would still be none."""
    import onnxruntime

    def plain(path):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr("mien.doctor.patterns.open_session", plain)
    found = ask(store.files / "au-picture.onnx")
    assert found.eight_bits
    assert judge_network("x", found, read_golden().patterns["au-picture"]).share < 0.5


def test_without_the_photograph_the_chain_is_said_to_be_untested(store):
    seen = examine(store, Wanted(None, seconds=0))
    assert seen.broken == []
    assert [one.cure for one in seen.findings] == ['to test it too: pip install "mien[demo]"']
    assert all(one.right for one in seen.patterns)


def test_a_library_that_breaks_is_a_finding_and_no_trace(store, photo, monkeypatch):
    def fails(*_, **__):
        raise ImportError("libav.so.61: cannot open shared object file")

    monkeypatch.setattr("mien.doctor.chain.read_photo", fails)
    seen = examine(store, Wanted(photo, seconds=0))
    [finding] = seen.broken
    assert finding.what == (
        "reading the photograph failed (ImportError: libav.so.61: cannot open shared object file)"
    )
    assert "install mien and what it needs again" in finding.cure
