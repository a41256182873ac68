"""mien export --official: authors' checkpoints become files that say what their networks say."""

import numpy as np
import pytest
import torch

from mien.models.importing import MODULES
from mien.runtime import Predictor, open_session
from tests.parity.drawn import jaanet_state, picture


@pytest.mark.slow
def test_six_files_become_a_file_with_the_authors_numbers(shared, tmp_path, mien_command):
    tensors = jaanet_state(shared / "parity", "disfa", 2)
    files = []
    for module in MODULES["jaanet"]:
        start = f"{module}."
        mine = {key.removeprefix(start): v for key, v in tensors.items() if key.startswith(start)}
        files.append(tmp_path / f"{module}_4.pth")
        torch.save(mine, files[-1])
    out = tmp_path / "jaanet.onnx"
    ended = mien_command("export", "--official", "jaanet", *map(str, files), "--out", str(out))
    assert (ended.code, ended.err) == (0, "")
    predictor = Predictor(out)
    assert predictor.spec.units == (1, 2, 4, 6, 9, 12, 25, 26)
    wanted = np.load(shared / "parity" / "jaanet_disfa.npz")
    probability, maps, points = open_session(out).run(
        list(predictor.spec.outputs), {"image": picture(176).numpy()}
    )
    assert np.abs(probability - wanted["v2_prob"]).max() < 1e-4
    assert np.abs(maps[:, :, ::4, ::4] - wanted["refined_map_grid"]).max() < 1e-4
    assert np.abs(points.reshape(2, -1) - wanted["landmarks"]).max() < 1e-2


def test_what_cannot_be_exported_is_said_in_one_line(tmp_path, mien_command):
    files = [str(tmp_path / f"{name}_4.pth") for name in ("au_net", "align_net")]
    for arguments, told in (
        (["--official", "jaanet", *files], "the file of region_learning, local_attention_refine"),
        (["--official", "yolo", *files], "'yolo' has no official checkpoints here"),
        (["--official", "jaanet", *files, "--precision", "int8"], "with --data"),
        (files, "2 networks came, expected one run folder or file"),
    ):
        ended = mien_command("export", *arguments)
        assert ended.code == 2
        assert told in ended.err
        assert len(ended.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())
