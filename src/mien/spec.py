"""The card: all that the reading half needs to know of a network, kept inside its file."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from mien.errors import WeightsError

__all__ = ["METADATA_KEY", "ModelSpec", "Precision", "Reads", "Reliability"]

METADATA_KEY = "mien"
"""Key of the ONNX metadata entry that holds the card."""

Reads = Literal["crop", "mesh", "mesh-difference", "both", "both-difference", "picture"]
Reliability = Literal["dependable", "fair", "weak"]
Precision = Literal["fp32", "fp16", "int8"]
POINTS = ("", "49")
"""Schemes of landmarks that a network can read beside a crop."""


@dataclass(frozen=True)
class ModelSpec:
    """What goes into a network and what comes out of it. Everything in it is JSON."""

    name: str
    """Name of the network, with its version."""
    task: Literal["intensity", "occurrence", "expression", "detection"]
    """What its numbers mean."""
    reads: Reads
    """A picture crop, the features of one mesh, or those of a mesh minus the person's neutral; or
    both: the intensities read from the mesh, and the features that a crop network gives; or, of
    detectors, a whole picture in a square with grey beside it."""
    units: tuple[int, ...]
    """Number of the action unit of each output, in output order."""
    sides: tuple[str, ...]
    """Side of each output: L, R (the person's) or empty for both; as long as ``units``."""
    detected: tuple[int, ...] = ()
    """Number of the action unit of each output of ``probability``, where a network gives that
    beside intensity; without sides. Empty: those of ``units``."""
    classes: tuple[str, ...] = ()
    """Names of the expression classes, or of a detector's, in output order."""
    size: int = 0
    """Side of the crop or square in pixels, or number of features."""
    aligned: int = 0
    """Side of the aligned picture of which the crop is the middle; 0: the crop is all of it."""
    mean: tuple[float, ...] = ()
    """Per channel, of pictures scaled to 0-1."""
    std: tuple[float, ...] = ()
    """Per channel, of pictures scaled to 0-1."""
    template: str = ""
    """Name of the alignment of the crop."""
    points: str = ""
    """Scheme of the landmarks that it reads beside the crop, in pixels of the crop; "" for none."""
    outputs: tuple[str, ...] = ("intensity",)
    """Names of the file's outputs."""
    precision: Precision = "fp32"
    """How weights are stored: float32; float16, widened when the file is opened; or 8 bits, with
    which it is computed too."""
    reliability: tuple[tuple[int, Reliability], ...] = ()
    """How far each unit can be trusted in this network, by measurement."""
    evidence: tuple[tuple[int, float], ...] = ()
    """The correlation with planted intensity from which ``reliability`` was read, per unit."""
    trained_on: str = ""
    """What the network learned from, in words."""
    paper: str = ""
    """Source of the method."""
    licence: str = "Apache-2.0"
    """Licence of the weights."""

    def __post_init__(self) -> None:
        if self.reads not in get_args(Reads):
            raise WeightsError(
                f"the card of {self.name} says it reads {self.reads!r}, "
                f"expected one of {', '.join(get_args(Reads))}"
            )
        if self.precision not in get_args(Precision):
            raise WeightsError(
                f"the card of {self.name} says its precision is {self.precision!r}, "
                f"expected one of {', '.join(get_args(Precision))}"
            )
        if self.points not in POINTS or (self.points and self.reads != "crop"):
            raise WeightsError(
                f"the card of {self.name} says it reads the landmarks {self.points!r} beside the "
                f"{self.reads}; expected {' or '.join(map(repr, POINTS))}, and only beside a crop"
            )
        if {len(self.mean), len(self.std)} - {0, 3}:
            raise WeightsError(
                f"the card of {self.name} has {len(self.mean)} means and {len(self.std)} "
                "deviations; expected one of each for each of three channels"
            )
        if self.detected and not {"intensity", "probability"} <= set(self.outputs):
            raise WeightsError(
                f"the card of {self.name} names units that it detects beside its intensities, and "
                f"promises {', '.join(self.outputs)}; expected intensity and probability"
            )
        if len(self.sides) != len(self.units):
            raise WeightsError(
                f"the card of {self.name} names {len(self.units)} units and "
                f"{len(self.sides)} sides; they must be as many"
            )

    def columns(self) -> tuple[str, ...]:
        """Name of each output as the AU table spells it: AU12_L, AU17."""
        return tuple(
            f"AU{unit}_{side}" if side else f"AU{unit}" for unit, side in self.keys(self.outputs[0])
        )

    def keys(self, output: str) -> tuple[tuple[int, str], ...]:
        """Unit and side of each number of an output."""
        if output == "probability" and self.detected:
            return tuple((unit, "") for unit in self.detected)
        return tuple(zip(self.units, self.sides, strict=True))

    @property
    def reading(self) -> Literal["intensity", "occurrence", "expression"]:
        """The task of a network that reads faces.

        Raises:
            WeightsError: it is a detector's card.
        """
        if self.task == "detection":
            raise WeightsError(
                f"{self.name} is a detector, which finds faces and reads none of them; give it to "
                "mien analyze --detector, its figures stand in the report of its run"
            )
        return self.task

    def to_json(self) -> str:
        """The card as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ModelSpec":
        """Read a card.

        Raises:
            WeightsError: the text is not a card, or a field is unknown or missing.
        """
        try:
            values: Any = json.loads(text)
            if not isinstance(values, dict):
                raise ValueError(f"got {text[:40]!r}, expected a JSON object")
            known = {item.name for item in fields(cls)}
            if unknown := sorted(set(values) - known):
                raise WeightsError(
                    f"the card has unknown fields {', '.join(unknown)}; "
                    "it was written by a newer mien: update mien"
                )
            return cls(**{key: _tuples(value) for key, value in values.items()})
        except (TypeError, ValueError) as error:
            raise WeightsError(f"the card cannot be read: {error}") from error


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON is of any type
    """Lists as tuples, all the way down."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
