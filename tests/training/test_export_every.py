"""Every network of the registry as a file: the same numbers, and its card inside."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.models import MODELS
from mien.models.reading import Reading
from mien.runtime import Predictor, normalised
from mien.spec import ModelSpec
from mien.training.export import AGREEMENT, export
from mien.training.precision import halve, quantize
from tests.models.small import DETECTORS, SMALL, Small, small

READ = [one for one in MODELS if SMALL.get(one, Small()).outputs and one not in DETECTORS]
"""Networks that read faces: an auto-encoder has no card; a detector's run writes its file."""
QUICK = "resnet18"
"""The others take seconds each, and gigabytes."""


def card_of(name):
    settings = SMALL.get(name, Small())
    units = tuple(range(1, settings.outputs + 1))
    return ModelSpec(
        name=name,
        task="occurrence",
        reads="crop",
        units=units,
        sides=("",) * len(units),
        size=settings.size,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        template="ffhq",
        outputs=("probability",),
    )


def points_of(card, count):
    """Landmarks of faces, in pixels of the crop."""
    return np.random.default_rng(2).uniform(0.2, 0.8, (count, 49, 2)).astype(np.float32) * card.size


@pytest.mark.parametrize(
    "name",
    [one if one == QUICK else pytest.param(one, marks=pytest.mark.slow) for one in READ],
)
def test_a_file_says_what_its_network_says(name, tmp_path):
    torch.manual_seed(0)
    network = small(name).eval()
    task = "intensity" if getattr(network, "beside", ()) else "occurrence"
    reading = Reading(network, task)
    card = replace(
        card_of(name),
        task=task,
        outputs=reading.outputs,
        points=reading.points,
        detected=getattr(network, "detected", ()),
        classes=getattr(network, "classes", ()),
    )
    images = np.random.default_rng(0).integers(0, 256, (3, card.size, card.size, 3), np.uint8)
    seen, points = normalised(images, card), points_of(card, 3) if reading.points else None
    probe = (seen,) if points is None else (seen, points)
    found = export(reading, card, probe, tmp_path / "n")
    assert found["float32"] <= AGREEMENT
    predictor = Predictor(tmp_path / "n")
    assert predictor.spec == card
    with torch.no_grad():
        wanted = [one.numpy() for one in reading(*map(torch.from_numpy, probe))]
    scores = predictor.score_crops(images, points)
    for output, values in zip(card.outputs, wanted, strict=True):
        near = AGREEMENT * (card.size if output == "landmarks" else 1)
        np.testing.assert_allclose(getattr(scores, output), values, atol=near)
    one = predictor.score_crops(images[:1], None if points is None else points[:1])
    np.testing.assert_allclose(getattr(one, card.outputs[0]), wanted[0][:1], atol=AGREEMENT)


@pytest.mark.slow
def test_a_real_network_becomes_smaller_and_stays_the_same(tmp_path):
    import onnx

    torch.manual_seed(0)
    card = card_of(QUICK)
    images = np.random.default_rng(0).integers(0, 256, (8, card.size, card.size, 3), np.uint8)
    probe = normalised(images, card)
    export(Reading(small(QUICK), "occurrence"), card, probe, tmp_path / "n")
    model = onnx.load(str(tmp_path / "n"))
    whole = model.ByteSize()
    wanted = Predictor(tmp_path / "n").score_crops(images).probability
    for make, share, near in (
        (halve, 0.51, 1e-3),
        (lambda one: quantize(one, iter([probe])), 0.27, 0.05),
    ):
        made = make(model)
        assert made.ByteSize() < share * whole
        onnx.helper.set_model_props(made, {"mien": card.to_json()})
        (tmp_path / "small").write_bytes(made.SerializeToString())
        said = Predictor(tmp_path / "small").score_crops(images).probability
        np.testing.assert_allclose(said, wanted, atol=near)
        assert not np.array_equal(said, wanted)
