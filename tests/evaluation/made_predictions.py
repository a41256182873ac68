"""Predictions of a few persons, each of whom has a level of his own."""

import numpy as np

from mien.evaluation.predictions import Predictions

PEOPLE = 9


def made(task, n=240, seed=0, people=PEOPLE, ties=True):
    """Predictions of three units, or classes; each person has a level of his own."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, people, n)
    own = rng.normal(0, 0.2, people)[owner]
    if task == "expression":
        truth = rng.integers(0, 3, n)
        predicted = np.eye(3)[truth] + rng.normal(0, 0.7, (n, 3))
        known = rng.random(n) < 0.9
    else:
        truth = rng.random((n, 3)) < 0.4 if task == "occurrence" else rng.integers(0, 6, (n, 3))
        noise = rng.normal(0, 0.3, (n, 3)) + own[:, None]
        predicted = np.clip(0.3 + 0.3 * truth + noise, 0, 1 if task == "occurrence" else 5)
        known = rng.random((n, 3)) < 0.9
    names = ("a", "b", "c") if task == "expression" else (1, 2, 4)
    predicted = np.round(predicted, 1) if ties else predicted
    subjects = tuple(f"S{one}" for one in owner)
    return Predictions(task, names, predicted, np.asarray(truth), known, subjects)
