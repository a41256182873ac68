"""The table of action units and the manual's notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.facs.units import (
    OTHER_CODES,
    UNITS,
    Code,
    intensity_of,
    letter_of,
    parse_code,
    parse_codes,
    parse_intensities,
)

UPPER = {1, 2, 4, 5, 6, 7, 41, 42, 43, 44, 45, 46}
SIDED_IN_OUR_NETWORKS = {1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 20, 24, 33, 43}
CENTRAL_IN_OUR_NETWORKS = {17, 18, 22, 25, 26, 28}


def test_every_unit_of_the_manual_is_there_and_no_other():
    assert list(UNITS) == [1, 2, *range(4, 47)]
    assert all(number == unit.number for number, unit in UNITS.items())


def test_units_are_described():
    assert all(unit.name and unit.appearance for unit in UNITS.values())
    assert len({unit.name for unit in UNITS.values()}) == len(UNITS)
    assert UNITS[12].muscles == "zygomaticus major"
    assert UNITS[6].name == "cheek raiser"


def test_regions():
    assert {number for number, unit in UNITS.items() if unit.region == "upper"} == UPPER


def test_sides_agree_with_our_networks():
    assert all(UNITS[number].sided for number in SIDED_IN_OUR_NETWORKS)
    assert not any(UNITS[number].sided for number in CENTRAL_IN_OUR_NETWORKS)


def test_other_codes_are_no_units():
    assert not set(OTHER_CODES) & set(UNITS)


@pytest.mark.parametrize(
    ("intensity", "letter"),
    [
        (0, None),
        (0.99, None),
        (1, "A"),
        (1.49, "A"),
        (1.5, "B"),
        (2.49, "B"),
        (2.5, "C"),
        (3.5, "D"),
        (4.49, "D"),
        (4.5, "E"),
        (5, "E"),
    ],
)
def test_letters_of_intensities(intensity, letter):
    assert letter_of(intensity) == letter


@pytest.mark.parametrize("letter", "ABCDE")
def test_letters_survive_the_way_to_numbers_and_back(letter):
    assert letter_of(intensity_of(letter)) == letter


@pytest.mark.parametrize("value", [-0.1, 5.1, float("nan")])
def test_an_intensity_out_of_range_has_no_letter(value):
    with pytest.raises(InputError, match="from 0 to 5"):
        letter_of(value)


@pytest.mark.parametrize("letter", ["F", "a", "", "AB"])
def test_a_letter_that_is_none(letter):
    with pytest.raises(InputError, match="A, B, C, D, E"):
        intensity_of(letter)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12", Code(12)),
        ("AU12", Code(12)),
        ("au12l", Code(12, "L")),
        ("12L", Code(12, "L")),
        ("L12", Code(12, "L")),
        ("R12A", Code(12, "R", "A")),
        ("12RA", Code(12, "R", "A")),
        ("5B", Code(5, "", "B")),
        ("20*", Code(20, "", "*")),
        ("U14", Code(14, "U")),
        (" 1 ", Code(1)),
    ],
)
def test_codes(text, code):
    assert parse_code(text) == code


@given(
    st.sampled_from(sorted(UNITS)), st.sampled_from(["", "L", "R", "U"]), st.sampled_from("ABCDE*")
)
def test_codes_survive_writing_and_reading(unit, side, letter):
    code = Code(unit, side if UNITS[unit].sided else "", letter)
    assert parse_code(str(code)) == code


def test_codes_joined():
    assert parse_codes("1+2+5B") == (Code(1), Code(2), Code(5, "", "B"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("smile", "is no action unit"),
        ("", "is no action unit"),
        ("12F", "is no action unit"),
        ("L12R", "side twice"),
        ("3", "no AU3; units are 1-2, 4-46"),
        ("54", "code of head down"),
        ("999", "no AU999"),
        ("17L", "AU17 .chin raiser. has no sides"),
        ("1+", "is no action unit"),
    ],
)
def test_what_is_no_code(text, why):
    with pytest.raises(InputError, match=why):
        parse_codes(text)


def test_intensities():
    assert parse_intensities("12=4, 6=3,12L=3.5,AU4=C") == {
        (12, ""): 4.0,
        (6, ""): 3.0,
        (12, "L"): 3.5,
        (4, ""): 3.0,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("12", "write UNIT=0-5"),
        ("", "write UNIT=0-5"),
        ("12=", "write UNIT=0-5"),
        ("12=4,", "write UNIT=0-5"),
        ("12=6", "expected a number 0-5"),
        ("12=-1", "expected a number 0-5"),
        ("12=nan", "expected a number 0-5"),
        ("12=lots", "expected a number 0-5"),
        ("12=1,12=2", "given twice"),
        ("12L=1,L12=2", "given twice"),
        ("12C=3", "only a number and a side"),
        ("U12=3", "only a number and a side"),
        ("26R=3", "has no sides"),
        ("55=2", "head tilted left"),
    ],
)
def test_what_are_no_intensities(text, why):
    with pytest.raises(InputError, match=why):
        parse_intensities(text)
