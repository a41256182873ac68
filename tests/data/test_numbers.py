"""Numbers in text: the same lines by the quick and by the exact way, and what is none."""

import numpy as np
import pytest

from mien.data.findings import Findings
from mien.data.numbers import Rows, check_codes, number, parse


def read(*lines, width=2, skip=0):
    """Values, their lines, and the findings."""
    findings = Findings()
    rows = parse(list(lines), width, findings, "a.txt", skip)
    return rows.value.tolist(), rows.line.tolist(), [(one.place, one.what) for one in findings]


@pytest.mark.parametrize("text", ["1", " 1.0\t", "+1", "1e0", "\N{NO-BREAK SPACE}1"])
def test_a_number_is_one_however_it_is_written(text):
    assert number(text) == 1


@pytest.mark.parametrize("text", ["1_0", "", "\N{FULLWIDTH DIGIT ONE}", "0x10", "one", "1 0"])
def test_what_python_alone_takes_for_a_number_is_none(text):
    with pytest.raises(ValueError, match=f"'{text}', expected a number"):
        number(text)


def test_lines_keep_their_numbers_past_empty_ones():
    assert read("1 2", "", "3 4", skip=5) == ([[1, 2], [3, 4]], [6, 8], [])
    assert read("1,2", "3, 4") == ([[1, 2], [3, 4]], [1, 2], [])
    assert read("", " ") == ([], [], [])


def test_an_empty_cell_is_no_number():
    """Else the numbers behind it would move a column to the left."""
    lines = "1,2", "1,,2", "3,4,"
    what = "'1,,2', expected 2 numbers"
    assert read(*lines) == ([[1, 2], [3, 4]], [1, 3], [("a.txt:2", what)])


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("5 6 7", "'5 6 7', expected 2 numbers (3)"),
        ("5", "'5', expected 2 numbers (1)"),
        ("5 six", "'5 six', expected 2 numbers"),
        ("5 nan", "'5 nan', expected 2 numbers"),
        ("5 6_0", "'5 6_0', expected 2 numbers"),
        (f"5 {'6' * 50} x", f"'5 {'6' * 35}...', expected 2 numbers"),
    ],
)
def test_a_bad_line_is_noted_and_the_good_ones_stay(line, what):
    assert read("1 2", line, "3 4") == ([[1, 2], [3, 4]], [1, 3], [("a.txt:2", what)])


def test_codes_that_the_format_has_not_are_noted_once_each():
    findings = Findings()
    rows = Rows(np.array([[0.0], [9.0], [7.0], [7.0]]), np.array([2, 3, 5, 6]))
    good = check_codes(rows, 0, (0, 1, 9), findings, "a.csv", "AU12")
    assert good.tolist() == [True, True, False, False]
    (one,) = findings
    assert (one.kind, one.place, one.count) == ("code out of range", "a.csv:5", 2)
    assert one.what == "AU12 is 7, expected one of 0, 1, 9 (2 lines have it)"
