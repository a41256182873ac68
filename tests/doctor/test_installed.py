"""Packages by what mien asks for: what is here, what lacks, and nothing imported."""

import subprocess
import sys
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError

import pytest

from mien.doctor import installed
from mien.doctor.installed import PURPOSES, Package, packages
from tests.conftest import REPOSITORY

HERE = {"numpy": "2.4.6", "torch": "2.9.0+cpu", "lightning": "2.6.6", "mien": "0.1.0"}


class Made:
    """A description of mien."""

    version = "0.1.0"
    requires = (
        "numpy>=2.1",
        "tomli>=2; python_version < '3.9'",
        "torch>=2.8; extra == 'train'",
        "lightning>=2.6.5; extra == 'train'",
        "pi-heif>=1.1; extra == 'heic'",
    )

    metadata = Message()
    metadata["Provides-Extra"] = "train"
    metadata["Provides-Extra"] = "heic"


@pytest.fixture
def described(monkeypatch):
    def here(versions):
        def version(name):
            if name not in versions:
                raise PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(installed, "distribution", lambda _: Made)
        monkeypatch.setattr(installed, "version", version)
        return packages()

    return here


def test_packages_are_those_that_apply_here(described):
    found = described(HERE)
    assert found.needed == (Package("numpy", ">=2.1", "2.4.6", fits=True),)
    assert [(one.name, one.state) for one in found.extras] == [
        ("train", "present"),
        ("heic", "missing"),
    ]
    assert found.extras[1].install == 'pip install "mien[heic]"'
    assert found.findings() == []


def test_a_package_that_lacks_or_is_too_old_is_broken(described):
    old = described({**HERE, "numpy": "1.26.4"}).findings()
    assert [str(one) for one in old] == [
        'numpy 1.26.4 is installed, and mien needs >=2.1; pip install "numpy>=2.1"'
    ]
    assert old[0].broken
    none = described({name: HERE[name] for name in HERE if name != "numpy"}).findings()
    assert none[0].what == "numpy is not installed, and mien needs >=2.1"


def test_an_extra_that_is_there_in_part_is_good_to_know(described):
    found = described({**HERE, "torch": "2.0.1"})
    assert found.extras[0].state == "partly"
    [finding] = found.findings()
    assert not finding.broken
    assert str(finding) == (
        'of the extra train: torch 2.0.1 (wanted >=2.8); pip install "mien[train]"'
    )


def test_two_runtimes_overwrite_each_other(described):
    found = described({**HERE, "onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"}).findings()
    assert [one.broken for one in found] == [False]
    assert "overwrite each other" in found[0].what


def test_every_extra_has_a_purpose():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert set(PURPOSES) == set(tomllib.loads(text)["project"]["optional-dependencies"])


def test_mien_that_was_not_installed_is_said(described, monkeypatch):
    def none(_):
        raise PackageNotFoundError

    described(HERE)
    monkeypatch.setattr(installed, "distribution", none)
    found = packages()
    assert (found.mien, found.needed) == (None, ())
    assert "without having been installed" in found.findings()[0].what


def test_nothing_is_imported_to_say_a_version():
    code = (
        "import sys\nfrom mien.doctor.installed import packages\nfound = packages()\n"
        "assert found.needed\nprint(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(run.stdout.split()) & {"torch", "numpy", "onnxruntime", "lightning", "skimage"}


def test_the_window_is_looked_for(described, monkeypatch):
    described(HERE)
    monkeypatch.setattr(installed, "WINDOW", "json")
    assert packages().window is True
    monkeypatch.setattr(installed, "WINDOW", "no_such_module")
    assert packages().window is False
