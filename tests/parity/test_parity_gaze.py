"""LibreFace's gaze with the same weights; and that no fixture of LibreFace is left unused."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import InputError, WeightsError
from mien.models.importing import from_official
from mien.training.official import export_official
from tests.parity.drawn import drawn_state

KEYS = "libreface_gaze_mlp_keys.json"


def test_the_angles_are_the_authors(shared):
    network = from_official("gaze", drawn_state(shared / "parity" / KEYS))
    numbers = [one.numel() for one in network.state_dict().values() if one.is_floating_point()]
    assert sum(numbers) == 428_034
    points = np.random.default_rng(0).standard_normal((2, 1404)).astype(np.float32)
    with torch.no_grad():
        found = network(torch.from_numpy(points)).numpy()
    wanted = np.load(shared / "parity" / "libreface_gaze_mlp.npz")["output"]
    assert np.abs(found - wanted).max() < 1e-4


def test_another_width_and_another_network_are_refused(shared):
    state = drawn_state(shared / "parity" / KEYS)
    other = {**state, "layers.0.weight": torch.zeros(256, 822)}
    with pytest.raises(WeightsError, match="reads 822 numbers, expected the 1404 of 468 points"):
        from_official("gaze", other)
    with pytest.raises(WeightsError, match="of the network of gaze: name it gaze"):
        from_official("student-intensity", state)


def test_no_file_is_made_of_it(shared, tmp_path):
    path = tmp_path / "gaze.pt"
    torch.save(drawn_state(shared / "parity" / KEYS), path)
    with pytest.raises(InputError, match="gaze reads a second mesh"):
        export_official("gaze", [path], tmp_path / "gaze.onnx")
    assert not (tmp_path / "gaze.onnx").exists()


def test_every_fixture_of_libreface_is_used(shared):
    texts = "".join(one.read_text() for one in Path(__file__).parent.glob("test_*.py"))
    cases = {one.name for one in (shared / "parity").glob("libreface_*")}
    assert len(cases) == 16
    for name in sorted(cases):
        bare = name.removeprefix("libreface_").rpartition(".")[0].removesuffix("_keys")
        assert bare in texts, name
