"""Which action units make which emotion: the investigator's guide's table, and what is graded.

The table is that of the FACS Investigator's Guide (Ekman, Friesen, Hager 2002); contempt, which it
lacks, is after EMFACS-7 and Matsumoto and Ekman. Head positions (54, 64) are left out: they are
optional wherever they stand.
"""

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from mien.facs.units import Code, parse_codes

__all__ = [
    "ALIASES",
    "ALONE",
    "COMBINATIONS",
    "DEFINING",
    "EMOTIONS",
    "INHIBITORS",
    "PATTERNS",
    "Alias",
    "Combination",
    "Key",
    "Pattern",
]

Key = tuple[int, str]
"""A unit as a rule asks for it: (12, "") on both sides, (12, "L") on the left side alone."""

EMOTIONS = ("surprise", "fear", "happiness", "sadness", "disgust", "anger", "contempt")
"""In the order of every column and tuple; neutral is none of them."""

# A choice in brackets is one of its members; "-" is none. U: on one side alone. B, C, D: at this
# letter. Anger's variants are generated: a prototype without exactly one of 4, 5, 7, 10.
_PROTOTYPES: dict[str, tuple[str, ...]] = {
    "surprise": ("1+2+5B+26", "1+2+5B+27"),
    "fear": ("1+2+4+5*+20*+(25|26|27)", "1+2+4+5*+(25|26|27)"),
    "happiness": ("6+12*", "12C", "12D"),
    "sadness": ("1+4+11+15B", "1+4+15*", "6+15*"),
    "disgust": ("9", "9+16+(15|26)", "9+17", "10*", "10*+16+(25|26)", "10+17"),
    "anger": (
        "4+5*+7+10*+22+23+(25|26)",
        "4+5*+7+10*+23+(25|26)",
        "4+5*+7+23+(25|26)",
        "4+5*+7+17+23",
        "4+5*+7+17+24",
        "4+5*+7+23",
        "4+5*+7+24",
    ),
    "contempt": ("U14", "U12+U14"),
}
_VARIANTS: dict[str, tuple[str, ...]] = {
    "surprise": ("1+2+5B", "1+2+26", "1+2+27", "5B+26", "5B+27"),
    "fear": ("1+2+4+5*+U20*+(25|26|27)", "1+2+4+5*", "1+2+5*+(-|25|26|27)", "5*+20*+(-|25|26|27)"),
    "sadness": ("1+4+11", "1+4+15B", "1+4+15B+17", "11+15B", "11+17"),
    "contempt": ("14", "U10+14"),
}
_MAY_LACK = (4, 5, 7, 10)

INHIBITORS: dict[str, frozenset[int]] = {
    "surprise": frozenset({4, 9, 15, 20}),
    "fear": frozenset({9, 12, 15}),
    "happiness": frozenset({4, 9, 15, 20}),
    "sadness": frozenset({2, 5, 9, 12}),
    "disgust": frozenset({1, 2, 5, 12}),
    "anger": frozenset({1, 2, 12}),
    "contempt": frozenset({1, 2, 25, 26}),
}
"""Units that speak against an emotion: they keep nested prototypes apart."""

DEFINING: dict[str, tuple[frozenset[int], ...]] = {
    "surprise": (frozenset({1, 2}), frozenset({5})),
    "fear": (frozenset({1, 4}), frozenset({5, 20})),
    "happiness": (frozenset({12}),),
    "sadness": (frozenset({15}), frozenset({11})),
    "disgust": (frozenset({9}), frozenset({10})),
    "anger": (frozenset({4, 7}), frozenset({4, 23}), frozenset({4, 24})),
    "contempt": (frozenset({14}),),
}
"""Without one of these sets a combination says nothing of its emotion."""

ALONE: dict[Key, float] = {(12, ""): 2.5}
"""Units that count by themselves only from an intensity on: a smile without anything else at C."""


@dataclass(frozen=True)
class Alias:
    """A unit that is read from the number of another one when nothing gives it itself."""

    unit: int
    source: int
    above: float
    """From this intensity of the source on; below it the unit is absent."""


ALIASES = (Alias(23, 24, 0.0), Alias(27, 26, 3.0))
"""Our networks give 23 and 24 as one number, and a mouth stretch as a wide jaw drop.

Applied in one place, when a reading starts, and only to units that the caller does not give."""


@dataclass(frozen=True)
class Combination:
    """One row of the guide's table: units that together stand for an emotion."""

    emotion: str
    codes: tuple[Code, ...]
    lacks: int | None = None
    """The unit that a generated variant of anger leaves out of its prototype."""

    @cached_property
    def name(self) -> str:
        """The emotion and the codes: ``surprise 1+2+5B+26``."""
        return f"{self.emotion} {'+'.join(map(str, self.codes))}"


@dataclass(frozen=True)
class Pattern:
    """A combination as it is graded: without letters, and one-sided units on a named side."""

    emotion: str
    keys: tuple[Key, ...]
    defining: tuple[frozenset[int], ...]
    """At least one of these must be among the units that are given."""

    def is_defined_by(self, given: Collection[Key]) -> bool:
        """Whether what defines the emotion here is among the keys that are given."""
        units = {unit for unit, side in self.keys if (unit, side) in given}
        return any(wanted <= units for wanted in self.defining)

    @cached_property
    def name(self) -> str:
        """The units: ``1+2+26``, ``L12+L14``."""
        return "+".join(f"{side}{unit}" for unit, side in self.keys)


def _expand(text: str) -> Iterator[str]:
    """Every reading of a row whose brackets offer a choice."""
    parts = re.split(r"\(([^)]*)\)", text)
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield "".join(chosen).removesuffix("+-")


def _rows(table: dict[str, tuple[str, ...]]) -> Iterator[Combination]:
    for emotion in EMOTIONS:
        for text in table.get(emotion, ()):
            for row in _expand(text):
                yield Combination(emotion, parse_codes(row))


def _lacking(prototypes: Iterable[Combination]) -> Iterator[Combination]:
    """Prototypes of anger without exactly one of the units that may lack."""
    for row in prototypes:
        for unit in _MAY_LACK:
            rest = tuple(code for code in row.codes if code.unit != unit)
            if row.emotion == "anger" and len(rest) < len(row.codes):
                yield Combination("anger", rest, lacks=unit)


def _combinations() -> tuple[Combination, ...]:
    """All rows in the emotions' order, none twice."""
    prototypes = list(_rows(_PROTOTYPES))
    found: dict[tuple[str, frozenset[Code]], Combination] = {}
    for row in [*prototypes, *_rows(_VARIANTS), *_lacking(prototypes)]:
        found.setdefault((row.emotion, frozenset(row.codes)), row)
    return tuple(sorted(found.values(), key=lambda row: EMOTIONS.index(row.emotion)))


COMBINATIONS = _combinations()
"""Every row of the guide's table, brackets resolved and anger's variants generated."""


def _is_graded(row: Combination) -> bool:
    """All rows but fear's 1+2+5*, which is surprise as well."""
    units = {code.unit for code in row.codes}
    return row.emotion != "fear" or not {1, 2, 5} <= units or 4 in units


def _defining(row: Combination) -> tuple[frozenset[int], ...]:
    """The emotion's defining sets that lie in the row; where 4 lacks, 7 stands in for it."""
    units = frozenset(code.unit for code in row.codes)
    sets = DEFINING[row.emotion]
    if row.lacks == 4:
        sets = tuple((wanted - {4}) | {7} for wanted in sets if 7 not in wanted)
    return tuple(wanted for wanted in sets if wanted <= units)


def _patterns() -> tuple[Pattern, ...]:
    """What is graded, each set of units once for its emotion."""
    found: dict[tuple[str, frozenset[Key]], Pattern] = {}
    for row in filter(_is_graded, COMBINATIONS):
        one_sided = any(code.side for code in row.codes)
        for side in ("L", "R") if one_sided else ("",):
            keys = tuple((code.unit, side if code.side else "") for code in row.codes)
            pattern = Pattern(row.emotion, keys, _defining(row))
            found.setdefault((row.emotion, frozenset(keys)), pattern)
    return tuple(found.values())


PATTERNS = _patterns()
"""Every combination that is graded, in the emotions' order."""
