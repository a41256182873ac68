"""Groups of portraits between which a difference is looked for: skin tone and apparent age.

Ages are nobody's: the portraits are drawn, and `portrait_ages.csv` holds what one person took the
faces for: a child (to about 12) or older (from about 60). All others are in between.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["by_age", "by_tone", "skin_tone"]

AGES = Path(__file__).with_name("portrait_ages.csv")


def by_tone(crops: NDArray[np.uint8], portraits: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Thirds of the portraits by the colour of their cheeks, darkest first; and those without one.

    In bluish light, where the typology angle means nothing, a portrait is in no third.

    Args:
        crops: (n, 112, 112, 3), one of each.
        portraits: (n,) their numbers.
    """
    tone = np.array([skin_tone(crop) for crop in crops])
    known = np.isfinite(tone)
    inner = np.quantile(tone[known], [1 / 3, 2 / 3])
    edges = [tone[known].min(), *inner, tone[known].max()]
    third = np.where(known, np.searchsorted(inner, tone), -1)
    thirds = {
        f"{name} ({edges[n]:.0f} to {edges[n + 1]:.0f} degrees)": portraits[third == n]
        for n, name in enumerate(("darkest", "middle", "lightest"))
    }
    return thirds | {"in bluish light": portraits[~known]} if not known.all() else thirds


def by_age(names: Sequence[str], portraits: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Children, those in between, and older ones.

    Args:
        names: (n,) files of the portraits.
        portraits: (n,) their numbers.
    """
    with AGES.open(newline="", encoding="utf-8") as file:
        taken_for = {row["file"]: row["age"] for row in csv.DictReader(file)}
    if not any(str(name) in taken_for for name in names):
        raise ValueError(f"{AGES.name} knows none of these portraits, such as {names[0]}")
    age = np.array([taken_for.get(str(name), "in between") for name in names])
    return {name: portraits[age == name] for name in ("child", "in between", "older")}


def skin_tone(crop: NDArray[np.uint8]) -> float:
    """Individual typology angle of both cheeks in degrees: above 55 very light, below -30 dark.

    NaN where blue outweighs yellow: the angle is of skin in white light. Chardon, Cretois and
    Hourseau 1991: arctan((L* - 50) / b*), of CIELAB under D65.
    """
    cheeks = np.concatenate([crop[62:72, 24:36].reshape(-1, 3), crop[62:72, 76:88].reshape(-1, 3)])
    linear = np.median(cheeks, axis=0) / 255.0
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    table = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    _, y, z = np.cbrt(table @ linear / [0.9505, 1.0, 1.089])
    yellow = 200 * (y - z)
    return float(np.rad2deg(np.arctan((116 * y - 16 - 50) / yellow))) if yellow > 0 else np.nan
