"""mien analyze --model as a person types it."""

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from tests.crop_networks import card, write


def test_networks_of_ones_own_are_shown(mien_command, photo, tmp_path):
    likely = write(tmp_path / "a.onnx", card(units=(4, 6, 12)), np.zeros((3, 3)), [3.0, -3.0, 4.0])
    classes = {"classes": ("glad", "sad")}
    glad = write(tmp_path / "b.onnx", card("expression", **classes), np.zeros((3, 2)), [1.0, 0.0])
    ended = mien_command("analyze", photo, "--model", likely, "--model", glad)
    assert ended.code == 0
    assert ended.out.splitlines()[-2:] == [
        "  by tiny-occurrence: AU12 0.98, AU4 0.95",
        "  by tiny-expression: glad",
    ]


def test_a_unit_of_an_added_network_is_said_to_be_its_own(mien_command, photo, tmp_path):
    spec = card("intensity", units=(12,), reliability=((12, "fair"),))
    (tmp_path / "fold1").mkdir()
    write(tmp_path / "fold1" / "model.onnx", spec, np.zeros((3, 1)), [4.5])
    ended = mien_command("analyze", photo, "--model", tmp_path / "fold1", "-o", tmp_path / "t.csv")
    assert ended.code == 0
    assert pd.read_csv(tmp_path / "t.csv").loc[0, "AU12"] == 4.5
    shown = mien_command("analyze", photo, "--model", tmp_path / "fold1").out
    line = next(line for line in shown.splitlines() if "AU12" in line)
    assert line.split()[4] == "4.5"
    assert line.endswith("fair by tiny-intensity")


def test_a_model_that_cannot_be_used_is_one_line_and_code_2(mien_command, photo, tmp_path):
    (tmp_path / "none.onnx").write_bytes(b"nothing")
    for path in (tmp_path / "none.onnx", tmp_path / "missing.onnx", tmp_path):
        ended = mien_command("analyze", photo, "--model", path, "-o", tmp_path / "t.csv")
        assert ended.code == 2
        assert len(ended.err.splitlines()) == 1
        assert not (tmp_path / "t.csv").exists()


def test_expressions_stand_beside_the_emotions_by_rules(mien_command, photo, tmp_path):
    units = write(tmp_path / "a.onnx", card(units=(4, 12)), np.zeros((3, 2)), [3.0, -3.0])
    classes = {"classes": ("happiness", "sadness"), "name": "poster"}
    glad = write(tmp_path / "b.onnx", card("expression", **classes), np.zeros((3, 2)), [2.0, 0.0])
    both = ("analyze", photo, "--model", units, "--expression", glad)
    ended = mien_command(*both)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert " by FACS rules" in lines[0]
    assert lines[-1] == "  by poster: happiness"
    assert mien_command(*both, "-o", tmp_path / "t.parquet").code == 0
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table.columns[-3:]) == ["happiness_p", "sadness_p", "expression"]
    assert table.loc[0, ["happiness_p", "sadness_p"]].sum() == pytest.approx(1, abs=1e-6)
    assert table.loc[0, "expression"] == "happiness"
    assert {"happiness", "sadness", "emotion", "AU4_p", "AU12_p"} <= set(table.columns)
    fields = pyarrow.parquet.read_schema(tmp_path / "t.parquet")
    assert fields.field("happiness").metadata[b"meaning"].startswith(b"score of happiness by FACS")
    assert fields.field("happiness_p").metadata[b"model"] == b"poster"
    assert fields.field("expression").metadata[b"model"] == b"poster"


def test_a_network_of_units_is_no_network_of_expressions(mien_command, photo, tmp_path):
    units = write(tmp_path / "a.onnx", card(units=(4, 12)), np.zeros((3, 2)), [3.0, -3.0])
    ended = mien_command("analyze", photo, "--expression", units)
    assert ended.code == 2
    assert "gives probability of action units, and --expression takes a network of" in ended.err
    glad = write(tmp_path / "b.onnx", card("expression", classes=("glad", "sad")), np.zeros((3, 2)))
    ended = mien_command("analyze", photo, "--model", glad, "--expression", glad)
    assert ended.code == 2
    assert "both give expressions" in ended.err
