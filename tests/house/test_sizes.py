"""What the checkout may and may not hold."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.house import sizes
from tests.house.sizes import LIMIT

PICTURES = {
    ".jpg", ".jpeg", ".png", ".webp", ".heic", ".gif", ".bmp", ".tif", ".tiff",
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi",
}  # fmt: skip


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
    assert large
    assert [path for path in large if path.parent.parts[-2:] != ("weights", "files")] == []


def test_the_hook_names_a_large_file(tmp_path):
    for name, size in (("small", LIMIT), ("large", LIMIT + 1)):
        (tmp_path / name).write_bytes(bytes(size))
    for names, said in ((["small"], ""), (["small", "large"], "large is over 200 kB; ")):
        run = subprocess.run(
            [sys.executable, sizes.__file__, *names],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.stdout.startswith(said)
        assert run.returncode == bool(said)
        assert bool(run.stdout) == bool(said)


def test_no_picture_is_kept(tracked):
    assert [path for path in tracked if path.suffix.lower() in PICTURES] == []


def test_the_makefile_names_files_that_exist():
    words = (REPOSITORY / "Makefile").read_text(encoding="utf-8").split()
    named = {word for word in words if word.startswith(("tests/", "examples/", "docs/"))}
    named |= {f"{word.replace('.', '/')}.py" for word in words if word.startswith("tests.")}
    named |= {f"{word}/__main__.py" for word in words if word == "benchmarks"}
    assert len(named) >= 4
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
