import errno
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest

from mien.errors import OfflineError, WeightsError
from mien.weights import cache
from mien.weights.record import record_name
from mien.weights.store import model_path, open_store
from tests.weights.tinymodels import LICENCE_FILE, MODELS, bend, tiny_wheel

ONE = "pkg/modules/one.tflite"


def states(store, thorough=True):
    return [standing.state for standing in store.standings(thorough)]


def slope(path):
    """What the tiny network in a file multiplies negative values by."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    result = session.run(None, {"image": np.full((1, 2, 2, 1), -1, np.float32)})[0]
    return float(-result[0, 0, 0, 0])


def leftovers(folder):
    return sorted(path.name for path in folder.rglob(".part-*"))


def test_first_use_fetches_all_once_and_says_so(store, index, said):
    assert states(store) == ["to be fetched"] * 3 + ["shipped"]
    paths = [store.model_path(name) for name in ("net-one", "net-two", "net-three")]
    assert [slope(path) for path in paths] == [0.25, 2.0, -4.0]
    assert index.calls == 1
    (line,) = said
    assert "pkg 1" in line
    assert "MB" in line
    assert "Apache-2.0" in line
    assert states(store) == ["in the cache"] * 3 + ["shipped"]
    assert (store.folder / "LICENSE").read_text() == "the licence\n"


def test_nothing_but_the_models_is_kept(store):
    store.fetch()
    kept = {path.suffix for path in store.folder.iterdir()}
    assert kept == {".tflite", ".onnx", ".json", ""}
    assert not leftovers(store.home)


def test_second_use_writes_nothing(store, monkeypatch):
    """So a cache that cannot be written to will do."""
    store.fetch()
    monkeypatch.setattr("mien.weights.store.locked", None)
    monkeypatch.setattr("mien.weights.store.write_whole", None)
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    assert slope(store.model_path("net-two")) == 2.0
    store.fetch()
    assert before == {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}


def test_home_that_cannot_be_written_to(store, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match=r"cannot be written to .*MIEN_HOME"):
        replace(store, home=tmp_path / "file").model_path("net-one")


@pytest.mark.parametrize("damage", ["cut", "gone", "record cut", "record of another", "empty"])
def test_damaged_entry_is_made_anew_without_fetching(store, index, damage):
    path = store.model_path("net-two")
    record = store.folder / record_name(store.catalog.fetched["net-two"])
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[:-1])
    elif damage == "gone":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "record cut":
        record.write_bytes(record.read_bytes()[:20])
    else:
        record.write_text(json.dumps({**json.loads(record.read_text()), "source": "0" * 64}))
    assert states(store, thorough=False)[1] == "damaged"
    assert store.model_path("net-two").read_bytes() == whole
    assert states(store) == ["in the cache"] * 3 + ["shipped"]
    assert index.calls == 1


def test_changed_bytes_are_found_by_verify_and_mended_by_fetch(store, index):
    path = store.model_path("net-one")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert states(store, thorough=True)[0] == "damaged"
    store.fetch()
    assert path.read_bytes() == whole
    assert index.calls == 1


def test_changed_model_is_found_by_verify_and_fetched_again(store, index):
    store.fetch()
    published = store.folder / "three.tflite"
    whole = published.read_bytes()
    published.write_bytes(whole + b"x")
    assert states(store)[2] == "damaged"
    store.fetch()
    assert published.read_bytes() == whole
    assert index.calls == 2


def test_record_cannot_point_elsewhere(store, tmp_path):
    store.fetch()
    record = store.folder / record_name(store.catalog.fetched["net-one"])
    values = json.loads(record.read_text())
    (tmp_path / "home/evil.onnx").write_bytes(b"x")
    record.write_text(json.dumps({**values, "sha256": "../../evil", "size": 1}))
    assert store.model_path("net-one").parent == store.folder
    assert slope(store.model_path("net-one")) == 0.25


def test_another_converter_makes_its_own_files(store, monkeypatch, index):
    store.fetch()
    monkeypatch.setattr("mien.weights.record.CONVERTER", 99)
    assert states(store)[0] == "to be converted"
    assert slope(store.model_path("net-one")) == 0.25
    assert index.calls == 1


def test_files_put_there_by_hand_are_converted(store, index):
    store.folder.mkdir(parents=True)
    for name, data in MODELS.items():
        (store.folder / name.rpartition("/")[2]).write_bytes(data)
    offline = replace(store, offline=True)
    assert states(store)[0] == "to be converted"
    assert slope(offline.model_path("net-three", fetch=False)) == -4.0
    assert index.calls == 0
    assert "Apache-2.0" in (store.folder / "LICENSE").read_text()


def test_offline_names_file_size_hash_and_place(store, index):
    network = store.catalog.fetched["net-one"]
    with pytest.raises(OfflineError) as caught:
        replace(store, offline=True).model_path("net-one")
    for part in ("one.tflite", str(network.size), network.sha256, str(store.folder), "unpack"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert index.calls == 0


def test_offline_says_when_the_file_that_is_there_is_another(store):
    store.folder.mkdir(parents=True)
    (store.folder / "one.tflite").write_bytes(b"TFL3 but not ours")
    with pytest.raises(OfflineError, match="in place of the damaged one"):
        replace(store, offline=True).model_path("net-one")


def test_without_fetching(store, index):
    with pytest.raises(WeightsError, match="fetching was not asked for"):
        store.model_path("net-one", fetch=False)
    assert index.calls == 0


@pytest.mark.parametrize(
    ("wheel", "reason"),
    [
        (tiny_wheel({ONE: bend(9.0)}), "expected .* bytes and sha256"),
        (tiny_wheel(leave_out=[ONE]), "holds no one.tflite"),
        (tiny_wheel()[:-200], "no whole wheel"),
        (tiny_wheel()[: len(tiny_wheel()) // 2], "no whole wheel"),
        (b"<html>captive portal</html>", "no whole wheel"),
        (b"", "no whole wheel"),
    ],
)
def test_wrong_wheel_leaves_nothing(store, index, wheel, reason):
    right, index.wheel = index.wheel, wheel
    with pytest.raises(WeightsError, match=reason) as caught:
        store.model_path("net-two")
    assert "unpack" in str(caught.value)
    assert str(store.folder) in str(caught.value)
    assert states(store) == ["to be fetched"] * 3 + ["shipped"]
    assert not leftovers(store.home)
    index.wheel = right
    assert slope(store.model_path("net-two")) == 2.0


def test_failing_client_is_quoted(store):
    def refuse(*_):
        raise WeightsError("pip could not get pkg==1: ERROR: no")

    with pytest.raises(WeightsError, match=r"ERROR: no; put one\.tflite .*two\.tflite"):
        replace(store, download=refuse).model_path("net-one")


@pytest.mark.parametrize("failing", range(10))
def test_full_disk(store, monkeypatch, failing):
    calls = []

    def fsync(_):
        calls.append(1)
        if len(calls) > failing:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(WeightsError, match="disk is full"):
            store.model_path("net-three")
    assert not leftovers(store.home)
    assert slope(store.model_path("net-three")) == -4.0
    assert states(store) == ["in the cache"] * 3 + ["shipped"]


def test_disk_that_is_full_for_pip(store):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WeightsError, match="disk is full"):
        replace(store, download=refuse).model_path("net-one")
    assert not leftovers(store.home)


def test_leftovers_of_a_killed_process_are_cleared(store):
    store.folder.mkdir(parents=True)
    (store.folder / ".part-dead").mkdir()
    (store.folder / ".part-dead/pkg.whl").write_bytes(b"half")
    (store.folder / ".part-file").write_bytes(b"half")
    store.fetch()
    assert not leftovers(store.home)


def test_a_disk_without_locks_is_no_obstacle(store, monkeypatch):
    monkeypatch.setattr(cache, "_lock", lambda *_: False)
    assert slope(store.model_path("net-one")) == 0.25


class TestSource:
    def named(self, store, path):
        return replace(store, source=path, offline=True)

    def check(self, store, path, index):
        named = self.named(store, path)
        assert slope(named.model_path("net-two")) == 2.0
        assert states(named) == ["in the cache"] * 3 + ["shipped"]
        assert index.calls == 0

    def test_wheel(self, store, tmp_path, index, said):
        path = tmp_path / "any name.whl"
        path.write_bytes(tiny_wheel())
        self.check(store, path, index)
        assert str(path) in said[0]

    def test_folder_with_a_wheel(self, store, tmp_path, index):
        (tmp_path / "wheels").mkdir()
        (tmp_path / "wheels/pkg-1-py3-none-any.whl").write_bytes(tiny_wheel())
        self.check(store, tmp_path / "wheels", index)

    @pytest.mark.parametrize("depth", [0, 1, 2])
    def test_folder_with_models(self, store, tmp_path, index, depth):
        folder = tmp_path / "models"
        for name, data in MODELS.items():
            path = folder.joinpath(*name.split("/")[depth:])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        self.check(store, folder, index)
        assert (store.folder / "LICENSE").is_file()

    def test_licence_of_an_unpacked_package_is_kept(self, store, tmp_path):
        shutil.unpack_archive(self.saved(tmp_path), tmp_path / "unpacked", "zip")
        self.named(store, tmp_path / "unpacked").fetch()
        assert (store.folder / "LICENSE").read_text() == "the licence\n"
        assert (tmp_path / "unpacked" / LICENCE_FILE).is_file()

    def saved(self, tmp_path):
        path = tmp_path / "pkg.whl"
        path.write_bytes(tiny_wheel())
        return path

    def test_cache_comes_first(self, store, tmp_path):
        store.fetch()
        assert self.named(store, tmp_path / "not there").model_path("net-one").is_file()

    @pytest.mark.parametrize("make", ["nothing", "empty folder", "other file", "wrong model"])
    def test_wrong_source(self, store, tmp_path, make, index):
        path = tmp_path / "named"
        if make == "empty folder":
            path.mkdir()
        elif make == "other file":
            path.write_bytes(b"no zip")
        elif make == "wrong model":
            path.write_bytes(tiny_wheel({ONE: MODELS[ONE][:-4] + b"abcd"}))
        with pytest.raises(WeightsError, match="named"):
            replace(store, source=path).model_path("net-one")
        assert index.calls == 0
        assert states(store)[0] == "to be fetched"


def test_shipped_network(store):
    assert store.model_path("own").read_bytes() == b"own"
    (store.files / "own.onnx").write_bytes(b"bad")
    assert states(store)[3] == "damaged"
    (store.files / "own.onnx").unlink()
    assert states(store)[3] == "missing"
    with pytest.raises(WeightsError, match=r"own\.onnx.*install mien again"):
        store.model_path("own")


def test_unknown_name(store):
    with pytest.raises(WeightsError, match="net-one, net-two, net-three, own"):
        store.model_path("net-four")


class TestEnvironment:
    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch):
        for name in ("MIEN_HOME", "MIEN_FACE_MODELS", "MIEN_OFFLINE"):
            monkeypatch.delenv(name, raising=False)

    def test_defaults(self):
        store = open_store()
        assert store.home.name == "mien"
        assert store.source is None
        assert not store.offline

    def test_home(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MIEN_HOME", str(tmp_path))
        assert open_store().folder == tmp_path / "weights" / "mediapipe-0.10.21"

    @pytest.mark.parametrize(
        ("value", "offline"), [("1", True), ("yes", True), ("0", False), ("", False)]
    )
    def test_offline(self, monkeypatch, value, offline):
        monkeypatch.setenv("MIEN_OFFLINE", value)
        assert open_store().offline is offline

    def test_source(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MIEN_FACE_MODELS", str(tmp_path))
        assert open_store().source == tmp_path
        assert open_store(source=tmp_path / "x").source == tmp_path / "x"

    def test_offline_without_a_cache(self, monkeypatch, tmp_path):
        monkeypatch.setenv("MIEN_HOME", str(tmp_path))
        monkeypatch.setenv("MIEN_OFFLINE", "1")
        with pytest.raises(
            OfflineError, match="e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2"
        ):
            model_path("face-mesh")
        assert not list(tmp_path.rglob("*.tflite"))


@pytest.mark.network
def test_the_real_package_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.delenv("MIEN_OFFLINE", raising=False)
    said = []
    paths = [model_path(name, say=said.append) for name in ("face-short", "face-full", "face-mesh")]
    assert [path.stat().st_size > 400_000 for path in paths] == [True] * 3
    assert len(said) == 1
    assert not list(tmp_path.rglob("*.whl"))
