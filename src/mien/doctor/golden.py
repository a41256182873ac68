"""The golden test: each network and the whole chain give the numbers that they should.

The numbers stand in golden.json, with the hashes of the networks that gave them. A processor that
computes a kernel wrongly, or 8 bits with too few, shows here, and so does a damaged library.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.doctor.chain import Reading
from mien.doctor.finding import Judged
from mien.doctor.patterns import Answers, Asked, deviation
from mien.weights.catalog import Catalog

__all__ = ["GOLDEN", "Golden", "judge_network", "judge_photo", "limit_of", "read_golden"]

GOLDEN = Path(__file__).with_name("golden.json")

EXACT = 1e-3
"""Deviation that a network of floating point may have; two orders of computing differ by 3e-6."""
EIGHT_BITS = 0.1
"""The same of a network in 8 bits: with and without kernels of whole numbers it differs by 0.02."""

LIMITS = (
    (("x0", "y0", "x1", "y1"), 0.5),
    (("pitch", "yaw", "roll"), 0.5),
    (("eye_", "gaze_", "score"), 0.03),
    (("AU",), 0.25),
)
"""How far columns that begin so may be off, in their units. Two right ways to compute the networks
differ by 0.06 in a unit, for one reads in 8 bits, and by 0.002 pixels in the mesh."""
ELSE = 0.1
"""Of all other columns: emotions, 0-1."""

BUG = "report it with the whole of this report; until then distrust what mien reads here"
LIBRARY = (
    "install the runtime again: pip install --force-reinstall --no-deps onnxruntime; if it stays, "
)


@dataclass(frozen=True)
class Golden:
    """The numbers that are right."""

    networks: Mapping[str, str]
    """SHA-256 of the networks that gave them, by name, as the catalogue has it."""
    patterns: Mapping[str, Answers]
    """Of each network's pattern."""
    photo: Reading
    """Of the photograph's one face."""

    def holds(self, catalog: Catalog, names: Sequence[str]) -> bool:
        """Whether the numbers are of these very networks."""
        return all(self.networks.get(name) == catalog.network(name).sha256 for name in names)


def read_golden(path: Path = GOLDEN) -> Golden:
    """The numbers that come with mien."""
    return Golden(**json.loads(path.read_text(encoding="utf-8")))


def judge_network(name: str, found: Asked, wanted: Answers) -> Judged:
    """Compare what a network says of its pattern."""
    allowed = EIGHT_BITS if found.eight_bits else EXACT
    off = deviation(found.answers, wanted)
    return Judged(name, off / allowed, f"off by {off:.1e} of {allowed:g} allowed", LIBRARY + BUG)


def judge_photo(found: Sequence[Reading], wanted: Reading) -> Judged:
    """Compare what the chain says of the photograph."""
    name = "the chain on the photograph"
    if len(found) != 1:
        return Judged(name, float("inf"), f"{len(found)} faces were found, there is 1", BUG)
    [face] = found
    lacking = sorted(set(wanted) - set(face))
    if lacking:
        return Judged(name, float("inf"), f"nothing is said of {', '.join(lacking[:3])}", BUG)
    shares = {key: abs(face[key] - value) / limit_of(key) for key, value in wanted.items()}
    worst = max(shares, key=lambda key: shares[key])
    told = f"{worst} is {face[worst]:.3f}, expected {wanted[worst]:.3f} within {limit_of(worst):g}"
    return Judged(name, shares[worst], told, BUG)


def limit_of(column: str) -> float:
    """How far a column may be off."""
    return next((limit for begins, limit in LIMITS if column.startswith(begins)), ELSE)
