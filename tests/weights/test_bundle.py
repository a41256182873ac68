import errno
import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace

import pytest

from mien.errors import OfflineError, WeightsError
from mien.weights.bundle import pack, unpack
from tests.weights.tinymodels import bend, tiny_wheel


@pytest.fixture
def bundle(store, tmp_path):
    path = tmp_path / "models.zip"
    pack(store, path)
    return path


@pytest.fixture
def other(store, tmp_path):
    """The store of a machine without an index."""
    return replace(store, home=tmp_path / "other", offline=True)


def states(store):
    return {standing.state for standing in store.standings(thorough=True)[:3]}


def rewrite(path, change):
    """Change the members of a zip, its manifest included."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
        new.writestr("manifest.json", json.dumps(manifest))


def agree(members, manifest):
    """Make a manifest agree with what the zip holds."""
    manifest["files"] = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items()
    }


def test_round_trip_to_a_machine_without_an_index(store, bundle, other):
    unpack(other, bundle)
    assert states(other) == {"in the cache"}
    for name in store.catalog.fetched:
        assert other.model_path(name).read_bytes() == store.model_path(name).read_bytes()
    assert (other.folder / "LICENSE").read_text() == "the licence\n"


def test_bundle_holds_models_both_ways_licence_and_manifest(bundle):
    with zipfile.ZipFile(bundle) as opened:
        names = opened.namelist()
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
        for name, described in manifest["files"].items():
            assert hashlib.sha256(opened.read(name)).hexdigest() == described["sha256"]
    assert sum(name.endswith(".tflite") for name in names) == 3
    assert sum(name.endswith(".onnx") for name in names) == 3
    assert set(manifest["files"]) == set(names) - {"manifest.json"}
    assert "LICENSE" in names


def test_same_models_give_the_same_bytes(store, bundle, tmp_path):
    pack(store, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_packing_what_cannot_be_had(other, tmp_path):
    with pytest.raises(OfflineError):
        pack(other, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_packing_onto_a_full_disk(store, tmp_path, monkeypatch):
    store.fetch()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WeightsError, match="disk is full"):
        pack(store, tmp_path / "out.zip")
    assert not list(tmp_path.glob("*.zip"))
    assert not list(tmp_path.glob(".part-*"))


def test_packing_into_a_folder_that_is_not_there(store, tmp_path):
    with pytest.raises(WeightsError, match="name another place"):
        pack(store, tmp_path / "no" / "out.zip")


def changed_model(members, _):
    members["one.tflite"] = bend(7.0)


def changed_model_and_manifest(members, manifest):
    members["one.tflite"] = bend(7.0)
    agree(members, manifest)


def changed_network(members, _):
    name = next(name for name in members if name.endswith(".onnx"))
    members[name] += b"x"


def missing_model(members, manifest):
    del members["two.tflite"]
    agree(members, manifest)


def missing_member(members, _):
    del members["two.tflite"]


def no_files(_, manifest):
    del manifest["files"]


def other_format(_, manifest):
    manifest["format"] = "mien weights 9"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (changed_model, "one.tflite in .* is not what its manifest says"),
        (changed_model_and_manifest, "expected .* bytes and sha256"),
        (changed_network, "is not what its manifest says"),
        (missing_model, "holds no two.tflite"),
        (missing_member, "two.tflite in .* is not what its manifest says"),
        (no_files, "carries no manifest"),
        (other_format, "carries no manifest"),
    ],
)
def test_tampered_bundle_changes_nothing(bundle, other, change, reason):
    rewrite(bundle, change)
    with pytest.raises(WeightsError, match=reason):
        unpack(other, bundle)
    assert not other.home.exists()


def test_networks_of_a_bundle_are_not_trusted(store, bundle, other):
    def evil(members, manifest):
        name = next(name for name in members if name.startswith("net-one"))
        members[name] = members[name][:-1] + b"!"
        agree(members, manifest)

    rewrite(bundle, evil)
    unpack(other, bundle)
    assert other.model_path("net-one").read_bytes() == store.model_path("net-one").read_bytes()


def test_files_with_a_path_go_nowhere(bundle, other, tmp_path):
    def slip(members, manifest):
        for name in ("../slip", "/slip", "..\\slip", "sub/../../slip"):
            members[name] = b"evil"
        agree(members, manifest)

    rewrite(bundle, slip)
    unpack(other, bundle)
    assert not list(tmp_path.rglob("*slip*"))
    assert states(other) == {"in the cache"}


def test_what_is_no_bundle(store, bundle, other, tmp_path):
    wheel = tmp_path / "pkg.whl"
    wheel.write_bytes(tiny_wheel())
    cut = tmp_path / "cut.zip"
    cut.write_bytes(bundle.read_bytes()[:-50])
    flipped = tmp_path / "flipped.zip"
    data = bytearray(bundle.read_bytes())
    data[200] ^= 0xFF
    flipped.write_bytes(data)
    text = tmp_path / "text.zip"
    text.write_text("hello")
    for path in (wheel, cut, flipped, text, tmp_path, tmp_path / "none.zip"):
        with pytest.raises(WeightsError, match=path.name):
            unpack(other, path)
    assert not other.home.exists()


def test_zip_bombs_are_read_up_to_a_limit(bundle, other, monkeypatch):
    monkeypatch.setattr("mien.weights.bundle.LARGEST", 10)
    with pytest.raises(WeightsError):
        unpack(other, bundle)


def test_a_damaged_cache_is_mended(bundle, store):
    path = store.model_path("net-one")
    path.write_bytes(b"x")
    unpack(store, bundle)
    assert states(store) == {"in the cache"}


def test_bundle_in_memory_is_a_plain_zip(bundle):
    with zipfile.ZipFile(io.BytesIO(bundle.read_bytes())) as opened:
        assert all(info.date_time[0] == 1980 for info in opened.infolist())


def test_a_folder_is_called_a_folder(store, tmp_path):
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(WeightsError, match=r"folder is a folder, expected the name of a zip"):
        pack(store, tmp_path / "folder")
    with pytest.raises(WeightsError, match=r"folder is a folder; name the zip that"):
        unpack(store, tmp_path / "folder")
    assert sorted(tmp_path.rglob("*")) == before
