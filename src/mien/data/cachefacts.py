"""What a cache says of itself: its digest, and the weights of its units in every form."""

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.balance import WEIGHTS
from mien.data.labels import Index, Labels
from mien.data.planning import Plan
from mien.data.shards import Shard
from mien.errors import InputError

__all__ = ["content_digest", "rows_of", "weights"]


def rows_of(shards: list[Shard]) -> NDArray[Any]:
    """ROW of all pictures, in the order of the index."""
    rows = np.concatenate([shard.rows for shard in shards])
    return rows[np.argsort(rows["row"], kind="stable")]


def content_digest(plan: Plan, shards: list[Shard], kept: Index) -> str:
    """SHA-256 of settings, pictures, numbers and labels; not of places on this disk."""
    total = hashlib.sha256(json.dumps(plan.settings, sort_keys=True).encode())
    for shard in shards:
        total.update(shard.digest.encode())
        total.update(shard.rows.tobytes())
    for labels in (kept.occurrence, kept.intensity):
        if labels is not None:
            total.update(repr(labels.units).encode())
            total.update(labels.value.tobytes() + labels.known.tobytes())
    if kept.expression is not None:
        total.update(repr(kept.expression.classes).encode())
        total.update(kept.expression.value.tobytes() + kept.expression.known.tobytes())
    total.update(repr((kept.subject, kept.sequence, kept.number.tolist(), kept.part)).encode())
    return total.hexdigest()


def weights(index: Index) -> dict[str, Any]:
    """Weights of the units over all pictures in every form, for a first look.

    Training takes them from its own part.
    """
    tables: dict[str, Labels] = {}
    if index.occurrence is not None:
        tables["occurrence"] = index.occurrence
    if index.intensity is not None:
        tables |= {f"intensity from {n} on": index.intensity.present(n) for n in (1, 2)}
    return {name: _weights_of(labels) for name, labels in tables.items()}


def _weights_of(labels: Labels) -> dict[str, Any]:
    """The same of one table; in place of weights that cannot be had stands why."""
    found: dict[str, Any] = {"units": list(labels.units)}
    for name, formula in WEIGHTS.items():
        try:
            found[name] = [round(value, 6) for value in formula(labels).tolist()]
        except InputError as error:
            found[name] = str(error)
    return found
