"""Every action unit: its number, its name, the muscles behind it, where it is and what is seen.

After the Facial Action Coding System (Ekman, Friesen, Hager 2002). Left and right are the person's.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from mien.errors import InputError

__all__ = [
    "ACTIVE",
    "LETTERS",
    "MAXIMUM",
    "OTHER_CODES",
    "UNITS",
    "Code",
    "Side",
    "Unit",
    "intensity_of",
    "is_whole_unit",
    "letter_of",
    "parse_code",
    "parse_codes",
    "parse_intensities",
]

Side = Literal["", "L", "R"]
"""The person's left, the person's right, or both together."""

LETTERS = "ABCDE"
"""Intensity letters in rising order: trace, slight, marked, severe, maximum."""

MAXIMUM = 5.0
"""The strongest intensity, letter E; absent is 0."""

ACTIVE = 1.0
"""A unit counts as active from here on (A, a trace, or more); other protocols ask for 2."""


@dataclass(frozen=True)
class Unit:
    """One action unit."""

    number: int
    name: str
    muscles: str
    """The muscles that move; empty where the unit is an action rather than a muscle."""
    region: Literal["upper", "lower"]
    """Brow, forehead and lids are the upper face; all the rest is the lower face."""
    appearance: str
    """What is seen."""
    sided: bool
    """Whether left and right can act apart."""


def _table(
    region: Literal["upper", "lower"], rows: tuple[tuple[int, str, str, str, bool], ...]
) -> dict[int, Unit]:
    """Rows of number, name, muscles, appearance, sided as units."""
    return {
        number: Unit(number, name, muscles, region, appearance, sided)
        for number, name, muscles, appearance, sided in rows
    }


_LEVATOR = "levator labii superioris"
_ORIS = "orbicularis oris"
_LIDS = "orbicularis oculi, pars palpebralis"
_RELAXED_LID = "relaxed levator palpebrae superioris"

# fmt: off
_BROWS_AND_LIDS = _table("upper", (
    (1, "inner brow raiser", "frontalis, pars medialis",
     "inner ends of the brows go up; short wrinkles in the middle of the forehead", True),
    (2, "outer brow raiser", "frontalis, pars lateralis",
     "outer ends of the brows go up; the brows arch", True),
    (4, "brow lowerer", "corrugator supercilii, depressor supercilii, procerus",
     "brows down and together; vertical furrows between them", True),
    (5, "upper lid raiser", "levator palpebrae superioris, superior tarsal",
     "more eye white above the iris", True),
    (6, "cheek raiser", "orbicularis oculi, pars orbitalis",
     "cheeks up, crow's feet, eye opening narrower", True),
    (7, "lid tightener", _LIDS, "lower lid tense and raised", True),
    (41, "lid droop", _RELAXED_LID, "upper lid lowered", True),
    (42, "slit", "orbicularis oculi", "eyes a narrow slit", True),
    (43, "eyes closed", f"{_RELAXED_LID}; {_LIDS}", "eyes closed longer than a blink", True),
    (44, "squint", _LIDS, "strong squint", True),
    (45, "blink", "levator palpebrae superioris relaxes, then orbicularis oculi",
     "both eyes closed and open again, within about 0.1 to 0.4 seconds", False),
    (46, "wink", "levator palpebrae superioris, orbicularis oculi",
     "one eye closed and open again, on purpose", True),
))

_NOSE_AND_MOUTH = _table("lower", (
    (8, "lips toward each other", _ORIS, "lips drawn together over an open jaw", False),
    (9, "nose wrinkler", f"{_LEVATOR} alaeque nasi",
     "wrinkles along the nose, nose wings up", True),
    (10, "upper lip raiser", f"{_LEVATOR}, caput infraorbitalis",
     "upper lip up and squared, deep furrow from nose to mouth corner", True),
    (11, "nasolabial furrow deepener", "zygomaticus minor",
     "upper middle part of the furrow from nose to mouth corner deepens", True),
    (12, "lip corner puller", "zygomaticus major", "lip corners up and back: a smile", True),
    (13, "sharp lip puller", "levator anguli oris (caninus)",
     "lip corners sharply up, cheeks puffed", True),
    (14, "dimpler", "buccinator", "lip corners tightened inward, dimple", True),
    (15, "lip corner depressor", "depressor anguli oris (triangularis)",
     "lip corners down", True),
    (16, "lower lip depressor", "depressor labii inferioris",
     "lower lip down, lower teeth show", True),
    (17, "chin raiser", "mentalis", "chin boss wrinkles, lower lip pushed up", False),
    (18, "lip pucker", "incisivii labii superioris and inferioris",
     "lips pursed forward and together", False),
    (19, "tongue show", "", "tongue visible", False),
    (20, "lip stretcher", "risorius, with platysma", "lip corners pulled sideways", True),
    (21, "neck tightener", "platysma", "cords in the neck", True),
    (22, "lip funneler", _ORIS, "lips funnel outward", False),
    (23, "lip tightener", _ORIS, "lips narrow and tight, their red part thin", True),
    (24, "lip pressor", _ORIS, "lips pressed together", True),
    (25, "lips part", f"depressor labii inferioris, or relaxed mentalis or {_ORIS}",
     "lips apart", False),
    (26, "jaw drop", "relaxed masseter, temporalis and internal pterygoid",
     "jaw lowered by relaxing", False),
    (27, "mouth stretch", "pterygoids, digastric", "mouth stretched wide open", False),
    (28, "lip suck", _ORIS, "lips rolled in over the teeth", False),
    (29, "jaw thrust", "", "jaw forward", False),
    (30, "jaw sideways", "", "jaw to one side", True),
    (31, "jaw clencher", "masseter", "jaw muscle bulges", False),
    (32, "lip bite", "", "teeth on a lip", False),
    (33, "cheek blow", "", "cheeks expand and air goes out", True),
    (34, "cheek puff", "", "cheeks expand over closed lips", True),
    (35, "cheek suck", "", "cheeks sucked in", True),
    (36, "tongue bulge", "", "tongue presses a cheek or a lip outward", True),
    (37, "lip wipe", "", "tongue wipes a lip", False),
    (38, "nostril dilator", "nasalis, pars alaris", "nostrils flare", True),
    (39, "nostril compressor", "nasalis, pars transversa; depressor septi nasi",
     "nostrils narrow", True),
    (40, "sniff", "", "sharp breath in through the nose", False),
))

OTHER_CODES: dict[int, str] = {
    50: "speech",
    51: "head turned left", 52: "head turned right", 53: "head up", 54: "head down",
    55: "head tilted left", 56: "head tilted right", 57: "head forward", 58: "head back",
    61: "eyes left", 62: "eyes right", 63: "eyes up", 64: "eyes down",
    65: "walleye", 66: "cross-eye", 68: "eyes rolling up", 69: "looking at the other person",
    70: "brows not visible", 71: "eyes not visible", 72: "lower face not visible",
    73: "whole face not visible", 74: "not scorable",
    80: "swallow", 81: "chewing", 82: "shoulder shrug", 84: "head shake", 85: "head nod",
    91: "flash", 92: "partial flash", 97: "shiver", 98: "fast look up and down",
}
"""Codes that are no action units: head, eyes, visibility, gross behaviour."""
# fmt: on

UNITS: dict[int, Unit] = dict(sorted((_BROWS_AND_LIDS | _NOSE_AND_MOUTH).items()))
"""All action units by number, in rising order. There is no AU3 in the adult system."""


def is_whole_unit(column: str) -> bool:
    """Whether a column is that of a unit as a whole: AU12, not AU12_L.

    >>> is_whole_unit("AU12"), is_whole_unit("AU12_L")
    (True, False)
    """
    return column.startswith("AU") and column[2:].isdecimal()


def letter_of(intensity: float) -> str | None:
    """Letter of an intensity 0-5, None where the unit is absent.

    Each letter reaches half a step to both sides; only A starts at ``ACTIVE`` already.

    >>> letter_of(2.4), letter_of(2.5), letter_of(0.4)
    ('B', 'C', None)
    """
    if not 0 <= intensity <= MAXIMUM:
        raise InputError(f"got intensity {intensity:g}, expected a number from 0 to 5")
    if intensity < ACTIVE:
        return None
    return LETTERS[min(math.floor(intensity + 0.5), 5) - 1]


def intensity_of(letter: str) -> float:
    """Intensity 1-5 of a letter A-E.

    >>> intensity_of("C")
    3.0
    """
    if len(letter) != 1 or letter not in LETTERS:
        raise InputError(f"got intensity letter {letter!r}, expected one of A, B, C, D, E")
    return float(LETTERS.index(letter) + 1)


@dataclass(frozen=True)
class Code:
    """One unit as the manual writes it: 12, L12, 12L, 5B, R12A, 20*."""

    unit: int
    side: Literal["", "L", "R", "U"] = ""
    """U stands for one side alone, no matter which."""
    letter: str = ""
    """An intensity letter, ``*`` for any intensity, or empty."""

    def __str__(self) -> str:
        return f"{self.side}{self.unit}{self.letter}"


_CODE = re.compile(r"(?:AU)?([LRU]?)(?:AU)?([0-9]{1,3})([LR]?)([A-E*]?)", re.IGNORECASE)


def parse_code(text: str) -> Code:
    """Read one code: ``12``, ``AU12``, ``L12`` or ``12L``, ``5B``, ``R12A``, ``20*``.

    Raises:
        InputError: it is no code, no such unit exists, or the unit has no sides.
    """
    match = _CODE.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text.strip()!r} is no action unit; write a number such as 12, "
            "with a side (12L, 12R) or a letter A-E (12C) if need be"
        )
    before, number, after, letter = match.groups()
    if before and after:
        raise InputError(f"{text.strip()!r} names a side twice; write {number}{after.upper()}")
    unit = _known(int(number))
    side = (before or after).upper()
    if side and not unit.sided:
        raise InputError(f"AU{unit.number} ({unit.name}) has no sides; write {unit.number}")
    return Code(unit.number, _side(side), letter.upper())


def parse_codes(text: str) -> tuple[Code, ...]:
    """Read codes joined by plus signs.

    >>> [str(code) for code in parse_codes("1+2+5B")]
    ['1', '2', '5B']
    """
    return tuple(parse_code(part) for part in text.split("+"))


def parse_intensities(text: str) -> dict[tuple[int, Side], float]:
    """Read intensities as ``mien animate`` takes them: ``12=4,6=3,12L=3``, or letters: ``12=C``.

    A unit given for a side as well as for both keeps its two entries; the side is the nearer word.

    Raises:
        InputError: an entry is no assignment, names no unit, or is out of range or given twice.
    """
    given: dict[tuple[int, Side], float] = {}
    for entry in text.split(","):
        name, equals, value = (part.strip() for part in entry.partition("="))
        if not (name and equals and value):
            raise InputError(f"{entry.strip()!r} is no intensity; write UNIT=0-5, such as 12=4")
        code = parse_code(name)
        if code.letter or code.side == "U":
            raise InputError(
                f"{name!r} stands before the equals sign; only a number and a side belong there, "
                "such as 12L=3"
            )
        key = (code.unit, _one_side(code.side))
        if key in given:
            raise InputError(f"AU{name} is given twice in {text!r}; give it once")
        given[key] = _intensity(name, value)
    return given


def _known(number: int) -> Unit:
    """The unit of a number that a user gave."""
    if number in UNITS:
        return UNITS[number]
    if number in OTHER_CODES:
        raise InputError(f"{number} is the code of {OTHER_CODES[number]}, not of an action unit")
    raise InputError(f"there is no AU{number}; units are {_ranges()}")


def _ranges() -> str:
    """All unit numbers as short ranges: 1, 2, 4-46."""
    runs: list[list[int]] = []
    for number in UNITS:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _side(text: str) -> Literal["", "L", "R", "U"]:
    """A matched side as one of its four words."""
    return "U" if text == "U" else _one_side(text)


def _one_side(text: str) -> Side:
    """A matched side as left, right or both."""
    return "L" if text == "L" else "R" if text == "R" else ""


def _intensity(name: str, text: str) -> float:
    """A number 0-5 or a letter A-E."""
    if text.upper() in tuple(LETTERS):
        return intensity_of(text.upper())
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAXIMUM:
        raise InputError(f"AU{name} is given as {text!r}, expected a number 0-5 or a letter A-E")
    return value
