"""What is written of each face in the window, from its row of the AU table."""

import re
from collections.abc import Mapping

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
        self._single = dict(networks.single.reliability)
        self._difference = dict(networks.difference.reliability)
        self._own = {
            name: mark.get("reliability", "")
            for name, mark in networks.added.columns.marks().items()
        }

    def is_weak(self, unit: int, neutral: object) -> bool:
        """Whether the unit is read badly, with this kind of neutral."""
        if f"AU{unit}" in self._own:
            return self._own[f"AU{unit}"] == "weak"
        return (self._single if neutral == "none" else self._difference).get(unit) == "weak"


def cards_of(reading: FrameReading, trust: Trust) -> list[Card]:
    """A card for each face of a frame."""
    return [_card(row, trust) for row in reading.rows]


def _card(row: Mapping[str, object], trust: Trust) -> Card:
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
        _bars(row, _units_of(rule), trust),
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


def _bars(row: Mapping[str, object], leading: set[int], trust: Trust) -> tuple[UnitBar, ...]:
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
                    trust.is_weak(number, row["neutral"]),
                )
            )
    return tuple(bars)
