"""A face model small enough to make up: the reference face, with movements at known places."""

import numpy as np
import pytest

from mien.data import ict
from mien.face.geometry import reference

SIDED = (
    "PupilDilate browDown browInnerUp browOuterUp cheekPuff cheekRaiser cheekSquint eyeBlink "
    "eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint eyeWide mouthDimple mouthFrown "
    "mouthLowerDown mouthPress mouthSmile mouthStretch mouthUpperUp noseSneer"
)
CENTRAL = (
    "jawForward jawLeft jawOpen jawRight mouthClose mouthFunnel mouthLeft mouthPucker mouthRight "
    "mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper"
)
SHAPES = [f"{name}_{side}" for name in SIDED.split(" ") for side in "LR"] + CENTRAL.split(" ")


@pytest.fixture(scope="session")
def model():
    """Random shapes, but a smile lifts a corner of the mouth and the jaw lowers the lip."""
    rng = np.random.default_rng(4)
    shape = reference()[0]
    expression = rng.normal(0, 0.02, (len(SHAPES), 468, 3))
    for name, corner in (("mouthSmile_L", 291), ("mouthSmile_R", 61)):
        expression[SHAPES.index(name)] = 0
        expression[SHAPES.index(name), corner] = (0, 1, 0)
    lips = np.zeros((len(SHAPES), 2, 3))
    lips[SHAPES.index("jawOpen"), 1, 1] = -2.6
    eyes = 9.18 * np.stack([shape[[33, 133]].mean(axis=0), shape[[362, 263]].mean(axis=0)])
    return ict.FaceModel(
        neutral=(9.18 * shape).astype(np.float32),
        identity=rng.normal(0, 0.02, (100, 468, 3)).astype(np.float32),
        expression=expression.astype(np.float32),
        names=tuple(SHAPES),
        inner_lip_expression=lips.astype(np.float32),
        eye_centre=(eyes - [0, 0, 1.6]).astype(np.float32),
        eye_centre_identity=np.zeros((100, 2, 3), np.float32),
        eye_radius=np.array([1.6, 1.6], np.float32),
    )
