"""How far predicted landmarks lie from the true ones: mean error and failure rate, as JAA-Net."""

import numpy as np
from numpy.typing import ArrayLike

from mien.errors import InputError, ShapeError
from mien.evaluation.paired import Floats
from mien.face.landmarks import eye_centres

__all__ = [
    "FAILURE",
    "TITLES",
    "eye_distance",
    "failure_rate",
    "figures_of",
    "known_errors",
    "landmark_errors",
    "mean_error",
]

FAILURE = 0.1
"""An error above this is a failure."""

TITLES = {"mean_error": "mean error", "failure_rate": "failure rate"}
"""Name of a figure to what it is called in tables."""


def landmark_errors(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Error of each picture: mean distance of its points over the distance between its eyes.

    Args:
        predicted: (n, 49, 2), pixels, scheme "49".
        true: the same; the eyes are the means of its points 19-24 and 25-30.

    Returns:
        (n,).

    >>> true = np.zeros((1, 49, 2))
    >>> true[0, 25:31, 0] = 50.0
    >>> float(landmark_errors(true + [3.0, 4.0], true)[0])
    0.1
    """
    said, points = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    if said.shape != points.shape or points.ndim != 3 or points.shape[1:] != (49, 2):
        raise ShapeError(
            f"got landmarks of shape {said.shape} for true ones of shape {points.shape}, "
            "expected (n, 49, 2) for both"
        )
    if not (np.isfinite(said).all() and np.isfinite(points).all()):
        raise InputError("landmarks are not finite; expected pixels, so leave such pictures out")
    distance = np.linalg.norm(said - points, axis=2).mean(axis=1)
    return np.asarray(distance / eye_distance(points))


def eye_distance(points: ArrayLike) -> Floats:
    """Distance between the centres of the eyes, (n, 49, 2) to (n,); not squared.

    Raises:
        InputError: a picture whose eyes lie in one place.
    """
    values = np.asarray(points, np.float64)
    left, right = eye_centres(values)
    distance = np.linalg.norm(left - right, axis=1)
    if (distance <= 0).any():
        raise InputError(
            f"both eyes of picture {int(np.argmax(distance <= 0))} lie in one place; "
            "leave pictures without landmarks out"
        )
    return np.asarray(distance)


def mean_error(errors: ArrayLike) -> float:
    """Mean over the pictures; NaN of none.

    >>> mean_error([0.05, 0.15])
    0.1
    """
    values = np.asarray(errors, np.float64)
    return float(values.mean()) if len(values) else float("nan")


def failure_rate(errors: ArrayLike, limit: float = FAILURE) -> float:
    """Share of the pictures with an error above the limit, strictly; NaN of none.

    >>> failure_rate([0.05, 0.1, 0.15, 0.2])
    0.5
    """
    values = np.asarray(errors, np.float64)
    return float((values > limit).mean()) if len(values) else float("nan")


def known_errors(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Like `landmark_errors`, and NaN for pictures whose true landmarks are not all known."""
    said, points = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    known = np.isfinite(points).all(axis=(1, 2))
    errors = np.full(len(points), np.nan)
    errors[known] = landmark_errors(said[known], points[known])
    return errors


def figures_of(errors: ArrayLike) -> dict[str, float | None]:
    """Mean error and failure rate by name, over the pictures whose error is known.

    >>> figures_of([0.05, 0.15, float("nan")])
    {'mean_error': 0.1, 'failure_rate': 0.5}
    """
    values = np.asarray(errors, np.float64)
    known = values[np.isfinite(values)]
    if not len(known):
        return {"mean_error": None, "failure_rate": None}
    return {"mean_error": mean_error(known), "failure_rate": failure_rate(known)}
