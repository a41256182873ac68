"""The front door is complete, alphabetical and light."""

import subprocess
import sys

import pytest

import mien


def test_front_door_is_alphabetical_and_whole():
    assert list(mien.__all__) == sorted(mien.__all__)
    assert all(getattr(mien, name) is not None for name in mien.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = mien.no_such_name


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement",
    ["import mien", "import mien.cli", "from mien import *", "import mien.analysis.pipeline"],
)
def test_the_reading_half_never_loads_torch(statement):
    modules = loaded_after(statement)
    assert "mien" in modules
    assert not modules & {"torch", "torchvision", "cv2", "pandas", "polars", "pyarrow", "scipy"}


@pytest.mark.parametrize("statement", ["import mien", "import mien.cli"])
def test_the_door_opens_without_the_heavy_libraries(statement):
    assert not loaded_after(statement) & {"numpy", "onnxruntime", "onnx", "av", "PIL", "arro3.core"}
