"""What is fitted is what is shipped; what describes a crop keeps its first layer in 32 bits."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from mien.data.expressions import OUTPUTS, SIDES, SWAP, UNITS
from mien.data.portraitexam import KINDS, PortraitExam
from mien.models.picturefused import Describe, DifferenceReadout, SingleReadout, Weights
from mien.models.pictureunits import pictureunits
from mien.recipes.pictureunits import picture
from mien.spec import METADATA_KEY, ModelSpec
from mien.training import pictureship
from mien.training.pictureexam import normalised
from mien.training.picturefusing import Fusion, Readings, Stretch
from tests.crop_networks import convolutions

EACH = 8
DESCRIPTION = 16


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return pictureunits(OUTPUTS, width=8, features=DESCRIPTION).eval()


def exam(portraits, seed):
    """Portraits whose first point says whether they are quiet; one picture has another identity."""
    rng = np.random.default_rng(seed)
    count = EACH * portraits
    kind = np.full(count, KINDS.index("nuisance"))
    kind[::EACH], kind[3::EACH] = KINDS.index("rest"), KINDS.index("identity")
    intensity = rng.random((count, OUTPUTS)).astype(np.float32)
    intensity[kind != KINDS.index("nuisance")] = 0
    mesh = np.zeros((count, 478, 3), np.float32)
    mesh[::EACH, 0, 0] = np.arange(portraits) % 2
    crop = rng.integers(0, 256, (count, 112, 112, 3), np.uint8)
    portrait = np.repeat(np.arange(portraits), EACH)
    return PortraitExam(mesh, crop, intensity, portrait, kind, np.zeros(count, np.int64))


def card(name="au-picture"):
    return ModelSpec(
        name, "intensity", "crop", UNITS, SIDES, size=112, mean=(0.45,) * 3, std=(0.25,) * 3,
        template="steady", outputs=("features",),
    )  # fmt: skip


def test_each_reading_is_shipped_as_it_was_fitted(network, tmp_path, monkeypatch):
    exams = exam(4, 0), exam(3, 1)
    rng = np.random.default_rng(2)
    told = [
        tuple(Readings(*rng.random((2, len(one.kind), OUTPUTS)).astype("f4")) for _ in range(2))
        for one in exams
    ]
    each = rng.random((2, len(exams[1].kind), DESCRIPTION)).astype(np.float32)
    described = np.concatenate(each, axis=1)
    asked_of, shipped = [], []

    def describe(crops):
        asked_of.append(crops)
        return each[len(asked_of) - 1]

    small = np.array([[1], [1], [0.1], [0.5], [0.2], [0.3]])  # little is clipped
    weights = [(small * rng.random((6, OUTPUTS))).astype(np.float32) for _ in range(2)]
    asked, written = [], []

    def fuse(readings, of, rows, **more):
        asked.append((readings, of, rows, more))
        return Fusion(*weights[len(asked) - 1])

    for name, one in {
        "predict": lambda _: None,
        "Predictor": lambda _: None,
        "read_all": lambda _, by, of, *__: told[exams.index(of)] if by is describe else None,
        "is_quiet": lambda mesh: mesh[0, 0] == 1,
        "fuse": fuse,
        "_write_describer": lambda *given: shipped.append(given),
        "_describer": lambda _: describe,
        "export": lambda *given: written.append(given),
    }.items():
        monkeypatch.setattr(pictureship, name, one)
    recipe = replace(picture(), stretch_single=1.5, stretch_difference=2.5, stretch_aside=3.5)
    pictureship.ship(recipe, network, exams, tmp_path, (tmp_path, tmp_path))

    assert [one[-1].name for one in shipped] == ["au-picture.onnx"]
    np.testing.assert_array_equal(asked_of[0], exams[1].crop)
    np.testing.assert_array_equal(asked_of[1], exams[1].crop[:, :, ::-1])
    (first, of, calm, single), (second, too, moving, against) = asked
    assert of is too is exams[0]
    assert (first, second) == told[0]
    np.testing.assert_array_equal(calm, np.arange(4).repeat(EACH) % 2 == 1)
    np.testing.assert_array_equal(single.pop("quiet"), calm & exams[0].of("rest"))
    np.testing.assert_array_equal(moving, ~exams[0].of("identity"))
    assert single == {"level": True, "stretch": Stretch(1.5, 3.5)}
    assert against == {"level": False, "stretch": Stretch(2.5, 3.5)}

    kinds = SingleReadout, DifferenceReadout
    for kind, (module, spec, probe, path, _), fitted, reading in zip(
        kinds, written, weights, told[1], strict=True
    ):
        assert (type(module), path.stem) == (kind, spec.name)
        for name, wanted in zip(Weights._fields, fitted, strict=True):
            np.testing.assert_array_equal(getattr(module.blend, name), wanted)
        assert module.blend.swap.tolist() == SWAP.tolist()
        rest = described[:1].repeat(len(described), 0)
        seen = [described] if kind is SingleReadout else [described - rest, rest]
        np.testing.assert_array_equal(probe, np.concatenate([5 * reading.mesh, *seen], axis=1))
        assert spec.size == probe.shape[1]
        among = exams[1].of("rest", "nuisance")
        if kind is SingleReadout:
            among &= np.arange(3).repeat(EACH) % 2 == 1
        said, true = (
            one[among][:, UNITS.index(26)]
            for one in (Fusion(*fitted).apply(reading), exams[1].intensity)
        )
        assert dict(spec.evidence)[26] == round(float(np.corrcoef(said, true)[0, 1]), 2)


def test_the_graph_brings_together_as_the_fit_does():
    rng = np.random.default_rng(3)
    alike = rng.uniform(0.2, 1, (6, OUTPUTS)).astype(np.float32)
    fusion = Fusion(*(alike + alike[:, SWAP]) / 2)
    readings = Readings(*rng.random((2, 9, OUTPUTS)).astype(np.float32))
    both = [torch.from_numpy(one) for one in readings]
    found = pictureship._blend(fusion)(5 * both[0], both[1])
    wanted = fusion.apply(readings)
    np.testing.assert_allclose(found, 5 * wanted, atol=1e-5)
    assert ((wanted > 0) & (wanted < 1)).mean() > 0.3


def test_the_first_layer_of_what_describes_a_crop_is_spared_the_8_bits(
    network, tmp_path, monkeypatch
):
    given = {}

    def export(module, spec, probe, path):
        given.update(module=module, probe=probe)
        onnx.save(convolutions(), str(path))

    def quantize(model, batches, spared):
        given.update(batches=batches, spared=spared)
        return model

    monkeypatch.setattr(pictureship, "export", export)
    monkeypatch.setattr(pictureship, "quantize", quantize)
    monkeypatch.setattr(pictureship, "CALIBRATION", 12)
    exams = exam(4, 0), exam(2, 1)
    path = tmp_path / "au-picture.onnx"
    pictureship._write_describer(network, card(), exams, path)
    assert isinstance(given["module"], Describe)
    assert given["spared"] == ["Conv-0"]
    assert sum(map(len, given["batches"])) == 12
    crops = {one.tobytes() for one in normalised(torch.from_numpy(exams[0].crop)).numpy()}
    assert {one.tobytes() for part in given["batches"] for one in part} < crops
    np.testing.assert_array_equal(
        given["probe"], normalised(torch.from_numpy(exams[1].crop)).numpy()
    )
    (kept,) = onnx.load(str(path)).metadata_props
    assert kept.key == METADATA_KEY
    assert ModelSpec.from_json(kept.value).precision == "int8"
