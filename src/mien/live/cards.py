"""What is written of each face in the window, from its row of the AU table."""

import re
from collections.abc import Mapping, Sequence, Set

from mien.analysis.networks import Networks
from mien.analysis.stream import FrameReading
from mien.facs.combinations import ALIASES
from mien.facs.emotions import NEUTRAL
from mien.facs.units import UNITS
from mien.video.cards import Card, UnitBar

__all__ = ["Trust", "cards_of"]

AGAINST = {
    "auto": "against the quietest part so far",
    "picture": "against the neutral picture",
    "file": "against the neutral kept in a file",
    "time": "against the chosen moment",
    "none": "single frame, no neutral",
}
"""What each kind of neutral is called."""


class Trust:
    """Which units each network reads badly.

    Args:
        networks: that read.
    """

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._own = {
            name: mark.get("reliability", "")
            for name, mark in networks.added.columns.marks().items()
        }

    def weak(self, neutral: object, fallen_back: Sequence[int] = ()) -> set[str]:
        """Columns of a face's units that are read badly.

        Args:
            neutral: what stands in the column ``neutral`` of its row.
            fallen_back: units that are read from single frames although there is a neutral.
        """
        read = self._networks.reliability(neutral, fallen_back)
        known = {f"AU{unit}": how for unit, how in read.items()} | self._own
        return {name for name, how in known.items() if how == "weak"}


def cards_of(reading: FrameReading, trust: Trust) -> list[Card]:
    """A card for each face of a frame."""
    both = zip(reading.rows, reading.single_frame_units, strict=True)
    return [_card(row, trust.weak(row["neutral"], fallen_back)) for row, fallen_back in both]


def _card(row: Mapping[str, object], weak: Set[str]) -> Card:
    """The card of one face."""
    emotion, face = row["emotion"], row["face"]
    rule = row["emotion_rule"] if isinstance(row["emotion_rule"], str) else ""
    score = row[emotion] if isinstance(emotion, str) and emotion != NEUTRAL else None
    title = {None: "no emotion can be scored", NEUTRAL: "no emotion stands out"}
    neutral, quality = row["neutral"], row["neutral_quality"]
    against = AGAINST.get(str(neutral), "")
    return Card(
        face if isinstance(face, int) else None,
        title.get(emotion if isinstance(emotion, str) else None, f"resembles {emotion}"),
        score if isinstance(score, float) else None,
        (
            _led(rule, row),
            f"{against} ({quality:.2f})" if isinstance(quality, float) else against,
        ),
        _bars(row, _units_of(rule), weak),
    )


def _led(rule: str, row: Mapping[str, object]) -> str:
    """What led to the emotion, and what a network of the user's own says."""
    parts = [f"by AU {' + '.join(rule.split('+'))}"] if rule else []
    said = row.get("expression")
    if isinstance(said, str):
        chance = row.get(f"{said.lower()}_p")
        parts.append(f"network: {said}" + (f" {chance:.2f}" if isinstance(chance, float) else ""))
    return "; ".join(parts)


def _units_of(rule: str) -> set[int]:
    """Units whose bars stand for a rule."""
    units = {int(number) for number in re.findall(r"\d+", rule)}
    return units | {alias.source for alias in ALIASES if alias.unit in units}


def _bars(row: Mapping[str, object], leading: set[int], weak: Set[str]) -> tuple[UnitBar, ...]:
    """A bar for each unit that is known."""
    bars = []
    for number, unit in UNITS.items():
        value, chance = row.get(f"AU{number}"), row.get(f"AU{number}_p")
        if isinstance(value, float) or isinstance(chance, float):
            bars.append(
                UnitBar(
                    unit.name,
                    value if isinstance(value, float) else float("nan"),
                    number,
                    chance if isinstance(chance, float) else None,
                    number in leading,
                    f"AU{number}" in weak,
                )
            )
    return tuple(bars)
