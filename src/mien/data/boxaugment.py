"""How training pictures with boxes are varied."""

from dataclasses import dataclass

from mien.errors import InputError

__all__ = ["BoxAugment"]

SHARES = ("hue", "shift", "flip", "mosaic", "mixup", "blur", "grey")


@dataclass(frozen=True)
class BoxAugment:
    """How training pictures with boxes are varied; the numbers are YOLOv5's."""

    hue: float = 0.015
    """Largest turn of the hue, in circles, 0-0.5."""
    saturation: float = 0.7
    """Largest change, as a share."""
    value: float = 0.4
    """Largest change of the brightness, as a share."""
    shift: float = 0.1
    """Largest shift, as a share of the side."""
    scale: float = 0.5
    """Largest change of the size, as a share, 0 to below 1."""
    flip: float = 0.5
    """Chance of the mirror image; 0 where a class has a side."""
    mosaic: float = 1.0
    """Chance of four pictures in one."""
    mixup: float = 0.0
    """Chance of two pictures over each other."""
    blur: float = 0.01
    """Chance of a blurred picture."""
    grey: float = 0.01
    """Chance of a grey picture."""

    def __post_init__(self) -> None:
        for name in (*SHARES, "saturation", "value", "scale"):
            value = getattr(self, name)
            most = 0.5 if name == "hue" else 1
            if not 0 <= value <= most or (name == "scale" and value == 1):
                raise InputError(f"data.augment.{name} is {value}, expected 0 to {most}")
