"""Published checkpoints of students: which network they are of, and where their tensors come from.

The kind of network is read from the names of the tensors, not from the name of the file: the
public package loads a file called after one backbone into the other. Intensity and presence have
the same names and as many outputs; which it is, nobody but the user knows.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor

from mien.errors import WeightsError
from mien.models.student import DETECTED, EXPRESSIONS, PUBLISHED, Backbone, Form, Student

__all__ = ["combined", "expression", "intensity", "occurrence"]

State = Mapping[str, Tensor]
Found = tuple[Student, dict[str, list[str]]]

STARTS: dict[str, Backbone] = {
    "encoder.0.weight": "resnet18",
    "encoder.stem.conv_kxk.conv.weight": "repvgg-a0",
}
"""The tensor that tells a backbone."""
FORM: dict[Backbone, Form] = {"resnet18": "intensity", "repvgg-a0": "unbounded"}
"""Of intensity: the public RepVGG has no sigmoid there."""
LAST = "classifier.4.weight"
SECOND = "classifier_2.4.weight"
OTHERS = {
    "interpreter.0.weight": "of a teacher: name it mae-teacher",
    "mask_token": "of a masked auto-encoder: name it mae",
    "layers.0.weight": "of the network of gaze: name it gaze",
}
"""Tensors that tell other networks of the same authors."""


def intensity(state: State) -> Found:
    """The student of AU intensity, on either backbone."""
    backbone = _single(state)
    return _laid_out(Student(len(state[LAST]), backbone, FORM[backbone]))


def occurrence(state: State) -> Found:
    """The student of the presence of units, on either backbone."""
    backbone = _single(state)
    return _laid_out(Student(len(state[LAST]), backbone, "logits"))


def expression(state: State) -> Found:
    """The student of expressions, on either backbone."""
    backbone = _single(state)
    if (count := len(state[LAST])) != len(EXPRESSIONS):
        raise WeightsError(
            f"this checkpoint has {count} outputs, expected the {len(EXPRESSIONS)} expressions of "
            "AffectNet; of units it is student-intensity or student-occurrence"
        )
    return _laid_out(Student(count, backbone, "squeezed"))


def combined(state: State) -> Found:
    """The student of intensity and presence in one pass."""
    backbone = _backbone(state)
    if SECOND not in state or LAST not in state:
        raise WeightsError(
            "this checkpoint has one head only; name it student-intensity, student-occurrence or "
            "student-expression"
        )
    if (count := len(state[SECOND])) != len(DETECTED):
        raise WeightsError(
            f"this checkpoint says the presence of {count} units, expected the {len(DETECTED)} of "
            "BP4D; which others these are is not in the file"
        )
    return _laid_out(Student(len(state[LAST]), backbone, FORM[backbone], DETECTED))


def _single(state: State) -> Backbone:
    """The backbone of a student of one head."""
    backbone = _backbone(state)
    if SECOND in state:
        raise WeightsError("this checkpoint has two heads; name it student-combined")
    if LAST not in state:
        raise WeightsError(f"this is no checkpoint of a student: it has no {LAST}")
    return backbone


def _backbone(state: State) -> Backbone:
    """The backbone that the names of the tensors tell."""
    for key, backbone in STARTS.items():
        if key in state:
            return backbone
    for key, what in OTHERS.items():
        if key in state:
            raise WeightsError(f"this checkpoint is {what}")
    known: Sequence[str] = tuple(STARTS)
    raise WeightsError(f"this is no checkpoint of a student: it has no {' or '.join(known)}")


def _laid_out(network: Student) -> Found:
    """The network, and the published name of each of its tensors."""
    layout = {}
    for key in network.state_dict():
        own = next(one for one in PUBLISHED if key.startswith(one))
        layout[key] = [PUBLISHED[own] + key.removeprefix(own)]
    return network, layout
