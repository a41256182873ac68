"""What the checkout may and may not hold."""

import subprocess

import pytest

from tests.conftest import REPOSITORY
from tests.house.sizes import LIMIT


@pytest.fixture(scope="module")
def tracked():
    run = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if run.returncode:
        pytest.skip("not a git checkout")
    return [REPOSITORY / name for name in run.stdout.split("\0") if name]


def test_large_files_are_our_own_networks(tracked):
    large = [path for path in tracked if path.exists() and path.stat().st_size > LIMIT]
    assert all(
        path.parent.name == "files" and path.parent.parent.name == "weights" for path in large
    )


def test_no_picture_is_kept(tracked):
    assert not [
        p for p in tracked if p.suffix in {".jpg", ".jpeg", ".png", ".webp", ".mp4", ".heic"}
    ]


def test_the_makefile_names_files_that_exist():
    words = (REPOSITORY / "Makefile").read_text(encoding="utf-8").split()
    named = {word for word in words if word.startswith(("tests/", "examples/", "docs/"))}
    named |= {f"{word.replace('.', '/')}.py" for word in words if word.startswith("tests.")}
    named |= {f"{word}/__main__.py" for word in words if word == "benchmarks"}
    assert len(named) >= 4
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
