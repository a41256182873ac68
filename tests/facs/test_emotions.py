"""Emotions from action units: golden cases, the rules one by one, and many faces at once."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.facs.combinations import (
    ALIASES,
    ALONE,
    COMBINATIONS,
    DEFINING,
    EMOTIONS,
    INHIBITORS,
    PATTERNS,
)
from mien.facs.emotions import NEUTRAL, read, read_many
from mien.facs.grading import ONE_SIDED
from mien.facs.units import UNITS

DISFA = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
BP4D = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
OURS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 22, 24, 25, 26, 28, 33, 43)


def all_units(**given_values):
    """Every unit at 0 but those given as AU12=3."""
    given_units = {int(name[2:]): value for name, value in given_values.items()}
    return dict.fromkeys(UNITS, 0.0) | given_units


GOLDEN = [
    ({6: 3, 12: 4}, "happiness", 0.8, "12"),
    ({12: 4}, "happiness", 0.8, "12"),
    ({1: 3, 2: 3, 5: 2, 26: 3}, "surprise", 0.6, "1+2+26"),
    ({1: 3, 2: 3, 4: 3, 5: 3, 20: 3, 25: 3}, "fear", 0.6, "1+2+4+5+20+25"),
    ({1: 3, 4: 3, 15: 3}, "sadness", 0.6, "1+4+15"),
    ({6: 2, 15: 3}, "sadness", 0.490, "6+15"),
    ({9: 4}, "disgust", 0.8, "9"),
    ({10: 3, 17: 3}, "disgust", 0.6, "10+17"),
    ({4: 4, 5: 3, 7: 3, 23: 3}, "anger", 0.660, "4+7+23"),
    ({14: 3}, "contempt", 0.6, "14"),
]


@pytest.mark.parametrize(("units", "emotion", "score", "leading"), GOLDEN)
def test_golden_cases(units, emotion, score, leading):
    reading = read(dict.fromkeys(UNITS, 0.0) | units)
    assert (reading.emotion, reading.leading) == (emotion, leading)
    assert reading.score == pytest.approx(score, abs=5e-4)
    runners_up = {
        name: value for name, value in reading.scores.items() if name != emotion and value
    }
    expected = {"surprise": pytest.approx(0.24)} if emotion == "fear" else {}
    assert runners_up == expected


@pytest.mark.parametrize("units", [{1: 2, 2: 2}, {}])
def test_golden_neutral(units):
    reading = read(dict.fromkeys(UNITS, 0.0) | units)
    assert (reading.emotion, reading.score, reading.leading) == (NEUTRAL, None, None)
    assert set(reading.scores.values()) == {0.0}


def test_felt_and_unfelt_smiles():
    assert read(all_units(AU6=3, AU12=4)).felt is True
    assert read(all_units(AU12=4)).felt is False
    assert read({12: 4.0}).felt is None
    assert read(all_units(AU9=4, AU6=3)).felt is None


def test_disfa_units_cannot_score_anger_and_contempt():
    reading = read(dict.fromkeys(DISFA, 0.0))
    assert [name for name, value in reading.scores.items() if value is None] == [
        "anger",
        "contempt",
    ]
    assert reading.coverage["contempt"] == 0


def test_bp4d_units_score_surprise_and_fear_at_low_coverage():
    reading = read(dict.fromkeys(BP4D, 0.0) | {1: 3.0, 2: 3.0})
    assert None not in reading.scores.values()
    assert reading.emotion == "surprise"
    assert reading.score == pytest.approx(0.6)
    assert reading.coverage["surprise"] == pytest.approx(2 / 3)
    fear = read(dict.fromkeys(BP4D, 0.0) | {1: 3.0, 2: 3.0, 4: 3.0})
    assert (fear.emotion, fear.leading) == ("fear", "1+2+4+5")
    assert fear.coverage["fear"] == pytest.approx(3 / 4)


def test_coverage_is_that_of_the_leader_or_else_the_best():
    assert read({9: 0.0, 15: 0.0}).coverage["disgust"] == 1
    reading = read({9: 3.0, 15: 3.0})
    assert reading.leading == "9+16+15"
    assert reading.coverage["disgust"] == pytest.approx(2 / 3)


def test_of_equal_combinations_the_better_covered_leads():
    angry = read(dict.fromkeys((4, 5, 7, 10, 23, 25), 3.0))
    assert (angry.leading, angry.coverage["anger"]) == ("4+5+7+10+23+25", 1)


def test_both_sets_together_cover_all_seven():
    assert None not in read(dict.fromkeys({*DISFA, *BP4D}, 0.0)).scores.values()


def test_our_own_units_cover_all_seven():
    assert None not in read(dict.fromkeys(OURS, 0.0)).scores.values()


def test_nothing_given_is_no_emotion():
    reading = read({})
    assert (reading.emotion, reading.score, reading.matched) == (None, None, ())
    assert set(reading.scores.values()) == {None}


def test_units_that_define_nothing_score_nothing():
    assert set(read({33: 5.0, 5: 0.0, 26: 3.0}).scores.values()) == {0.0, None}
    assert set(read({4: 5.0, 5: 5.0, 15: 0.0}).scores.values()) == {0.0, None}


def test_rule_match_keeps_the_letters():
    slight = read(all_units(AU1=1, AU2=1, AU5=2, AU26=1)).matched
    assert {"surprise 1+2+5B+26", "surprise 1+2+5B", "surprise 1+2+26", "surprise 5B+26"} <= set(
        slight
    )
    marked = read(all_units(AU1=1, AU2=1, AU5=2.5, AU26=1)).matched
    assert [name for name in marked if name.startswith("surprise")] == ["surprise 1+2+26"]


@pytest.mark.parametrize(
    ("intensity", "matched"),
    [
        (2.4, ()),
        (2.5, ("happiness 12C",)),
        (3.5, ("happiness 12D",)),
        (4.5, ()),
    ],
)
def test_a_smile_alone_matches_at_c_and_d(intensity, matched):
    assert read(all_units(AU12=intensity)).matched == matched


def test_a_smile_alone_is_graded_from_c_on():
    assert read(all_units(AU12=2.4)).scores["happiness"] == 0
    assert read(all_units(AU12=2.5)).scores["happiness"] == pytest.approx(0.5)
    assert read(all_units(AU12=5)).scores["happiness"] == pytest.approx(1)


def test_a_trace_is_active_and_less_is_not():
    assert "disgust 9" in read(all_units(AU9=1)).matched
    assert read(all_units(AU9=0.99)).matched == ()


def test_a_combination_needs_each_of_its_units_to_match():
    assert "sadness 6+15*" not in read({15: 3.0, 4: 0.0, 1: 0.0}).matched


def test_inhibitors_take_away_their_share():
    smile = all_units(AU12=4)
    for unit in INHIBITORS["happiness"]:
        reading = read(smile | {unit: 2.5})
        assert reading.scores["happiness"] == pytest.approx(0.4), unit


def test_anger_variants_lack_exactly_one_unit():
    names = {row.name.removeprefix("anger ") for row in COMBINATIONS if row.emotion == "anger"}
    assert {"5*+7+23", "4+7+23", "4+5*+23", "4+7+10*+22+23+25", "4+5*+7+22+23+25"} <= names
    assert not {"4+5*+7", "7+23", "4+23", "4+5*+7+10*"} & names


def test_a_variant_of_anger_without_4_needs_7_and_a_lip_unit():
    assert read({5: 3.0, 7: 3.0}).scores["anger"] is None
    assert read({5: 3.0, 7: 3.0, 23: 3.0}).scores["anger"] == pytest.approx(0.6)


def test_fear_without_4_is_matched_but_not_graded():
    reading = read(all_units(AU1=3, AU2=3, AU5=3))
    assert "fear 1+2+5*" in reading.matched
    assert reading.scores["fear"] == 0


def test_our_numbers_stand_for_their_neighbours():
    angry = read({4: 4.0, 5: 3.0, 7: 3.0, 24: 3.0, 17: 0.0, 1: 0.0, 2: 0.0, 12: 0.0})
    assert "anger 4+5*+7+23" in angry.matched
    wide = read({1: 3.0, 2: 3.0, 26: 3.0})
    assert "surprise 1+2+27" in wide.matched
    assert "surprise 1+2+27" not in read({1: 3.0, 2: 3.0, 26: 2.9}).matched


def test_a_unit_that_is_given_is_not_replaced():
    assert "anger 4+5*+7+23" not in read(all_units(AU4=4, AU5=3, AU7=3, AU24=3)).matched


def test_contempt_on_one_side():
    sides = {(14, "L"): 3.0, (14, "R"): 0.0}
    reading = read(all_units(AU14=1.5), sides)
    assert (reading.emotion, reading.leading, reading.unilateral) == ("contempt", "L14", True)
    assert reading.score == pytest.approx(0.6)
    assert "contempt L14" in reading.matched
    assert "contempt R14" not in reading.matched


def test_a_dimple_on_both_sides_is_only_the_variant():
    reading = read(all_units(AU14=3), {(14, "L"): 3.0, (14, "R"): 3.0})
    assert (reading.leading, reading.unilateral) == ("14", False)
    assert not {"contempt L14", "contempt R14"} & set(reading.matched)


def test_without_sides_the_reading_says_that_it_cannot_tell():
    assert read(all_units(AU14=3)).unilateral is None
    assert read(all_units(AU14=3), {(14, "L"): 3.0}).unilateral is None


def test_a_crooked_smile_with_a_dimple_on_the_same_side():
    right = {(12, "R"): 4.0, (12, "L"): 0.0, (14, "R"): 5.0, (14, "L"): 0.0}
    assert read(all_units(AU12=2, AU14=2.5), right).matched.count("contempt R12+R14") == 1
    apart = {(12, "R"): 0.0, (12, "L"): 4.0, (14, "R"): 5.0, (14, "L"): 0.0}
    matched = read(all_units(AU12=2, AU14=2.5), apart).matched
    assert not {"contempt R12+R14", "contempt L12+L14"} & set(matched)


def test_the_stronger_side_must_be_twice_the_weaker():
    half = read(all_units(AU14=3), {(14, "L"): 4.0, (14, "R"): 2.0})
    more = read(all_units(AU14=3), {(14, "L"): 4.0, (14, "R"): 2.1})
    assert (half.unilateral, more.unilateral) == (True, False)


def test_a_little_beside_a_one_sided_smile_is_no_contempt():
    """A reading of 0.6 on one side and 0 on the other shows nothing yet."""
    smile = {(12, "R"): 4.0, (12, "L"): 0.0, (14, "L"): 0.0}
    weak = read(all_units(AU12=2, AU14=0.3), smile | {(14, "R"): 0.6})
    clear = read(all_units(AU12=2, AU14=0.5), smile | {(14, "R"): 1.0})
    assert weak.scores["contempt"] < 0.2
    assert weak.emotion != "contempt"
    assert (clear.emotion, clear.leading) == ("contempt", "R12+R14")


def test_of_equal_scores_the_combination_with_more_units_leads():
    assert read(all_units(AU9=3, AU17=3)).leading == "9+17"
    assert read(all_units(AU1=3, AU4=3, AU15=3, AU17=3)).leading == "1+4+15+17"


def test_the_threshold_of_neutral():
    assert read(all_units(AU9=0.99)).emotion == NEUTRAL
    assert read(all_units(AU9=1.01)).emotion == "disgust"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_face_must_have_numbers(value):
    with pytest.raises(InputError, match="expected a number 0-5"):
        read({12: value})
    with pytest.raises(InputError, match="expected a number 0-5"):
        read({12: 1.0}, {(14, "L"): value})


# What follows is the page's text once more, written plainly, to check the fast form against.


def plain_values(intensity, sides):
    values = {(unit, ""): value for unit, value in intensity.items()}
    for alias in ALIASES:
        if alias.unit not in intensity and alias.source in intensity:
            source = intensity[alias.source]
            values[alias.unit, ""] = source if source >= alias.above else 0.0
    for (unit, side), value in sides.items():
        other = sides.get((unit, "R" if side == "L" else "L"))
        if other is not None:
            values[unit, side] = value if other <= ONE_SIDED * value else 0.0
    return {key: min(max(value, 0.0), 5.0) for key, value in values.items()}


def plain_scores(values):
    scores = dict.fromkeys(EMOTIONS)
    for pattern in PATTERNS:
        held = [key for key in pattern.keys if key in values]
        units = {unit for unit, _ in held}
        if 3 * len(held) < 2 * len(pattern.keys) or not any(d <= units for d in pattern.defining):
            continue
        grade = math.prod(values[key] / 5 for key in held) ** (1 / len(held))
        if pattern.keys[0] in ALONE and len(pattern.keys) == 1:
            grade *= values[pattern.keys[0]] >= ALONE[pattern.keys[0]]
        against = [values.get((unit, ""), 0.0) / 5 for unit in INHIBITORS[pattern.emotion]]
        scores[pattern.emotion] = max(scores[pattern.emotion] or 0.0, grade * (1 - max(against)))
    return scores


LEVELS = st.integers(0, 20).map(lambda step: step / 4)
LAYOUTS = st.sampled_from([OURS, DISFA, BP4D, tuple(UNITS), (12,), (14, 12, 6, 25)])
SIDES = st.sampled_from(
    [(), ((14, "L"), (14, "R")), tuple((u, s) for u in (10, 12, 14, 20) for s in "LR")]
)


@settings(max_examples=150, deadline=None)
@given(st.data(), LAYOUTS, SIDES)
def test_many_faces_read_like_each_one_and_like_the_page(data, units, sides):
    rows = st.lists(LEVELS, min_size=len(units), max_size=len(units))
    sided_rows = st.lists(LEVELS, min_size=len(sides), max_size=len(sides))
    count = data.draw(st.integers(1, 3))
    intensity = np.array([data.draw(rows) for _ in range(count)], np.float32)
    sided = np.array([data.draw(sided_rows) for _ in range(count)], np.float32)
    many = read_many(intensity, units, sided.reshape(count, -1), sides)
    for row in range(count):
        one_face = dict(zip(units, intensity[row].tolist(), strict=True))
        one_sides = dict(zip(sides, sided.reshape(count, -1)[row].tolist(), strict=True))
        assert many.reading(row) == read(one_face, one_sides)
        expected = plain_scores(plain_values(one_face, one_sides))
        for name, value in many.reading(row).scores.items():
            if expected[name] is None:
                assert value is None
            else:
                assert value == pytest.approx(expected[name], abs=1e-6)


@given(st.lists(LEVELS, min_size=len(OURS), max_size=len(OURS)))
def test_scores_stay_in_range_and_the_leader_is_the_highest(levels):
    reading = read(dict(zip(OURS, levels, strict=True)))
    values = [value for value in reading.scores.values() if value is not None]
    assert all(0 <= value <= 1 for value in values)
    if reading.emotion == NEUTRAL:
        assert max(values) < 0.2
    else:
        assert reading.score == max(values) == reading.scores[reading.emotion]


def test_a_face_that_is_not_there_has_no_reading():
    intensity = np.array([[4, 3], [np.nan, np.nan], [4, np.nan]], np.float32)
    many = read_many(intensity, (12, 6))
    assert many.emotion == ["happiness", None, None]
    assert many.felt == [True, None, None]
    assert many.leading == ["12", None, None]
    assert np.isnan(many.scores[1:]).all()
    assert not many.matched[1:].any()
    assert many.matches(0) == ("happiness 6+12*", "happiness 12D")


def test_no_faces_at_all():
    many = read_many(np.zeros((0, 2), np.float32), (12, 6))
    assert many.scores.shape == (0, 7)
    assert many.emotion == []


def test_columns_must_fit_the_units():
    with pytest.raises(ShapeError, match="one column per unit"):
        read_many(np.zeros((3, 2), np.float32), (12,))
    with pytest.raises(ShapeError, match="sided"):
        read_many(np.zeros((3, 1), np.float32), (12,), np.zeros((2, 1), np.float32), ((14, "L"),))


def test_readings_do_not_change_what_they_read():
    intensity = np.full((4, len(OURS)), 6, np.float32)
    read_many(intensity, OURS)
    assert (intensity == 6).all()


def test_every_pattern_is_defined():
    assert all(pattern.defining for pattern in PATTERNS)
    assert set(DEFINING) == set(INHIBITORS) == set(EMOTIONS)
