"""The small networks that learn from a teacher: intensity, presence of units, or expressions.

Chang, Yin, Li, Tran, Soleymani, "LibreFace: An Open-Source Toolkit for Deep Facial Expression
Analysis", WACV 2024: a ResNet-18 or, in its second release, a RepVGG-A0, 512 features, and a small
head; or one network with several heads, read in one pass.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import torchvision
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.facs.coded import BP4D
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.models.repvgg import RepVGG

__all__ = ["DETECTED", "EXPRESSIONS", "FORMS", "Backbone", "Form", "Student", "combined", "student"]

Backbone = Literal["resnet18", "repvgg-a0"]
Form = Literal["intensity", "unbounded", "logits", "squeezed"]


class Meaning(NamedTuple):
    """What becomes of a head's numbers."""

    scale: float
    bounded: bool
    """Whether the sigmoid is taken of them first."""


FORMS: dict[Form, Meaning] = {
    "intensity": Meaning(5.0, True),
    "unbounded": Meaning(5.0, False),
    "logits": Meaning(1.0, False),
    "squeezed": Meaning(1.0, True),
}
"""What the logits are: intensities 0-5; intensities without bounds, as of the public RepVGG; plain
logits of presence or of classes; or these after a sigmoid, as the public code has them before it
takes the cross-entropy, which holds them within 0-1 and blunts the loss."""

FEATURES = 512
HIDDEN = 128
BETWEEN = 1000
"""Width of the layer between RepVGG and the features."""

DETECTED = BP4D
"""Units whose presence the published students say."""
EXPRESSIONS = (
    "neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt",
)  # fmt: skip
"""Classes of the published students: those of AffectNet."""

HEADS = ("head", "occurrence", "expression")
LAST = "4."
"""Place in a head of its last layer, which depends on what is read."""
PUBLISHED = {
    "features.conv1.": "encoder.0.",
    "features.bn1.": "encoder.1.",
    **{f"features.layer{n}.": f"encoder.{n + 3}." for n in (1, 2, 3, 4)},
    "features.stem.": "encoder.stem.",
    "features.stages.": "encoder.stages.",
    "squeeze.": "encoder.head.fc.",
    "head.": "classifier.",
    "occurrence.": "classifier_2.",
}
"""What names begin with here, and in published checkpoints of either backbone."""


class Head(nn.Sequential):
    """Features to one number per unit or class."""

    def __init__(self, outputs: int, dropout: float) -> None:
        super().__init__(
            nn.Linear(FEATURES, HIDDEN),
            nn.ReLU(),
            nn.BatchNorm1d(HIDDEN),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, outputs),
        )


class Student(nn.Module):
    """A picture to one number per unit or class, with its features (b, 512).

    Args:
        outputs: how many units or classes.
        backbone: "resnet18" or "repvgg-a0".
        form: one of FORMS: what the numbers are.
        detected: units of a second head, which gives logits of their presence; none: no such head.
        classes: of a third head, which gives their logits.
        dropout: share of numbers dropped in the heads.

    Raises:
        InputError: there is no such backbone or form.
    """

    def __init__(
        self,
        outputs: int,
        backbone: Backbone,
        form: Form,
        detected: tuple[int, ...] = (),
        classes: tuple[str, ...] = (),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        for word, value, known in (("backbone", backbone, Backbone), ("form", form, Form)):
            if value not in get_args(known):
                raise InputError(
                    f"a student has no {word} {value!r}; choose {' or '.join(get_args(known))}"
                )
        self.backbone = backbone
        self.features, self.squeeze = _trunk(backbone)
        self.scale, self.bounded = FORMS[form]
        self.detected, self.classes = tuple(detected), tuple(classes)
        self.outputs = outputs
        self.head = Head(outputs, dropout)
        self.occurrence = Head(len(detected), dropout) if detected else None
        self.expression = Head(len(classes), dropout) if classes else None

    @property
    def beside(self) -> tuple[Literal["occurrence", "expression"], ...]:
        """Tasks that are read beside the first."""
        heads = {"occurrence": self.occurrence, "expression": self.expression}
        return tuple(task for task, one in heads.items() if one is not None)  # type: ignore[misc]

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures, all heads in one pass."""
        features = self.squeeze(self.features(image))
        found = self.head(features)
        return Output(
            self.scale * (found.sigmoid() if self.bounded else found),
            features=features,
            occurrence=None if self.occurrence is None else self.occurrence(features),
            expression=None if self.expression is None else self.expression(features),
        )

    @property
    def last_map(self) -> LastMap:
        """Of the last stage: see `mien.models.lastmap`."""
        last = "stages" if self.backbone == "repvgg-a0" else "layer4"
        return LastMap(self.features.get_submodule(last))

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and the part whose weights have torchvision's names."""
        return self.backbone, self.features

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """What it takes of a student of other outputs or other heads, or of a published one.

        All but the last layer of a head that says something else, and heads that it has not; None
        of the same network, and where anything else is missing.
        """
        ours = {_renamed(key): value for key, value in weights.items()}
        if f"head.{LAST}weight" not in ours:
            return None
        own = self.state_dict()
        taken = {key: value for key, value in ours.items() if not _left(key, value, own)}
        same = taken.keys() == own.keys() == weights.keys()
        lost = [key for key in own if key not in taken and not _fresh(key, ours)]
        return None if same or lost else taken


def student(
    outputs: int,
    *,
    backbone: Backbone = "resnet18",
    form: Form = "intensity",
    dropout: float = 0.1,
) -> Student:
    """Build a student of one head; as it stands the published one of intensity.

    Args:
        outputs: how many units or classes.
        backbone: "resnet18" or "repvgg-a0".
        form: one of FORMS.
        dropout: share of numbers dropped in the head.

    Raises:
        InputError: there is no such backbone or form.
    """
    return Student(outputs, backbone, form, dropout=dropout)


def combined(
    outputs: int,
    *,
    backbone: Backbone = "resnet18",
    form: Form = "intensity",
    detected: Sequence[int] = DETECTED,
    classes: Sequence[str] = EXPRESSIONS,
    dropout: float = 0.1,
) -> Student:
    """Build a student of intensity, presence and expressions in one pass.

    Args:
        outputs: how many units have an intensity.
        backbone: "resnet18" or "repvgg-a0".
        form: "intensity", or "unbounded".
        detected: units whose presence is said; none: no such head.
        classes: of expressions; none: no such head, as of the published network.
        dropout: share of numbers dropped in each head.

    Raises:
        InputError: there is no such backbone or form, or the first head gives no intensity.
    """
    if form not in ("intensity", "unbounded"):
        raise InputError(
            f"the first head of student-combined gives intensity, and its form is {form!r}; choose "
            "intensity or unbounded"
        )
    return Student(outputs, backbone, form, tuple(detected), tuple(classes), dropout)


def _trunk(backbone: Backbone) -> tuple[nn.Module, nn.Module]:
    """Picture to numbers, and these to the features."""
    if backbone == "repvgg-a0":
        network = RepVGG()
        layers = nn.Linear(network.width, BETWEEN), nn.Linear(BETWEEN, FEATURES)
        return network, nn.Sequential(*layers)
    trunk: nn.Module = torchvision.models.resnet18(weights=None)
    trunk.fc = nn.Identity()
    return trunk, nn.Identity()


def _renamed(key: str) -> str:
    """Our name of a published tensor; ours stay."""
    for own, theirs in PUBLISHED.items():
        if key.startswith(theirs):
            return own + key.removeprefix(theirs)
    return key


def _left(key: str, value: Tensor, own: Mapping[str, Tensor]) -> bool:
    """Whether a tensor belongs to a head that says something else."""
    part, _, place = key.partition(".")
    if part not in HEADS:
        return False
    return key not in own or (place.startswith(LAST) and own[key].shape != value.shape)


def _fresh(key: str, weights: Mapping[str, Tensor]) -> bool:
    """Whether a tensor may start at random: of a last layer, or of a head that is not there."""
    part, _, place = key.partition(".")
    there = any(other.startswith(f"{part}.") for other in weights)
    return part in HEADS and (place.startswith(LAST) or not there)
