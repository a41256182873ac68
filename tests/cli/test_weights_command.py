"""mien weights: what it lists, fetches, checks and carries."""

import pytest
from typer.testing import CliRunner

from mien.cli.weights import app
from mien.errors import OfflineError, WeightsError
from tests.weights.tinymodels import tiny_catalog, tiny_wheel


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Run `mien weights ...` on the small catalogue, without an index."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    monkeypatch.delenv("MIEN_FACE_MODELS", raising=False)
    monkeypatch.setattr("mien.weights.store.read_catalog", tiny_catalog)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "pkg-1-py3-none-any.whl"
    path.write_bytes(tiny_wheel())
    return path


def test_list_shows_every_network(call, wheel):
    before = call("list")
    assert before.exit_code == 0
    assert before.stdout.count("to be fetched") == 3
    assert "missing" in before.stdout
    call("fetch", "--from", wheel)
    after = call("list").stdout
    assert after.count("in the cache") == 3
    for word in ("net-one", "for tests", "MB", "Apache-2.0", "pkg 1", "own"):
        assert word in after


def test_fetch_says_what_it_does_on_stderr(call, wheel):
    result = call("fetch", "--from", wheel)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert str(wheel) in result.stderr
    assert "Apache-2.0" in result.stderr


def test_fetch_without_an_index(call):
    assert isinstance(call("fetch").exception, OfflineError)


def test_verify_fails_until_everything_can_be_used(call, wheel, tmp_path):
    result = call("verify")
    assert isinstance(result.exception, WeightsError)
    assert "net-one, net-two, net-three, own" in str(result.exception)
    call("fetch", "--from", wheel)
    assert "net-one: in the cache" in call("verify").stdout
    assert str(call("verify").exception).startswith("own ")


def test_verify_finds_one_changed_byte(call, wheel, tmp_path):
    call("fetch", "--from", wheel)
    (network,) = tmp_path.glob("home/weights/pkg-1/net-two-*.onnx")
    data = bytearray(network.read_bytes())
    data[-1] ^= 1
    network.write_bytes(data)
    assert "net-two: damaged" in call("verify").stdout


def test_pack_and_unpack(call, wheel, tmp_path, monkeypatch):
    call("fetch", "--from", wheel)
    packed = call("pack", tmp_path / "models.zip")
    assert packed.exit_code == 0
    assert "models.zip" in packed.stderr
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "elsewhere"))
    assert call("unpack", tmp_path / "models.zip").exit_code == 0
    assert call("list").stdout.count("in the cache") == 3
