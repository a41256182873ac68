import numpy as np
import pytest

from mien.data.shifts import LIMIT, Courses, course, judge, together

FRAMES = 100


def smooth(rng, columns, frames=FRAMES, width=4):
    """Random courses without jumps, of deviation 1."""
    kernel = np.hanning(4 * width + 1)
    noise = rng.normal(size=(frames + len(kernel) - 1, columns))
    values = np.stack([np.convolve(one, kernel, "valid") for one in noise.T], axis=1)
    return (values - values.mean(axis=0)) / values.std(axis=0)


def shifted(seen, frames, noise=0.0, seed=9):
    """What the set says: of frame i at i + n, NaN beyond the ends."""
    told = np.full_like(seen, np.nan)
    for place in range(len(seen)):
        if 0 <= place + frames < len(seen):
            told[place + frames] = seen[place]
    return told + noise * np.random.default_rng(seed).normal(size=seen.shape)


@pytest.mark.parametrize("frames", [-17, -2, -1, 1, 2, 5, 20])
def test_a_shift_is_found_with_its_sign(frames):
    seen = smooth(np.random.default_rng(0), 8)
    found = judge(course(Courses(seen, shifted(seen, frames, 0.2), scaled=False)), "landmarks")
    assert found.verdict == "shifted"
    assert found.frames == frames
    assert found.fit > 0.9
    assert found.fit > found.fit_as_is


def test_what_is_in_step_is_called_so():
    seen = smooth(np.random.default_rng(1), 8)
    found = judge(course(Courses(seen, shifted(seen, 0, 0.2), scaled=False)), "landmarks", "F001")
    assert (found.verdict, found.frames, found.sequence) == ("in step", 0, "F001")
    assert found.fit == found.fit_as_is == pytest.approx(0.96, abs=0.02)
    assert found.pictures == FRAMES


@pytest.mark.parametrize("seed", range(5))
def test_courses_that_have_nothing_in_common_decide_nothing(seed):
    rng = np.random.default_rng(seed)
    part = course(Courses(smooth(rng, 8), smooth(rng, 8), scaled=False))
    assert judge(part, "landmarks").verdict == "too weak"


def test_a_still_face_decides_nothing():
    rng = np.random.default_rng(2)
    seen, told = rng.normal(0, 0.01, (2, FRAMES, 8))
    assert judge(course(Courses(seen, told, scaled=False)), "landmarks").verdict == "too weak"


def test_a_steady_drift_decides_nothing():
    """Moved along itself a line stays a line: in step is not known, though all is explained."""
    seen = np.linspace(0, 5, FRAMES)[:, None] * np.ones(8)
    found = judge(course(Courses(seen, seen.copy(), scaled=False)), "landmarks")
    assert found.fit_as_is > 0.99
    assert found.verdict == "too weak"


def test_too_few_pictures_decide_nothing():
    seen = smooth(np.random.default_rng(3), 8, 9)
    assert (
        judge(course(Courses(seen, seen.copy(), scaled=False)), "landmarks").verdict == "too weak"
    )


def test_a_constant_difference_does_not_matter():
    seen = smooth(np.random.default_rng(4), 8)
    found = judge(course(Courses(seen, shifted(seen, 2) + 100, scaled=False)), "landmarks")
    assert found.frames == 2


def test_labels_may_be_of_another_scale_but_not_upside_down():
    seen = smooth(np.random.default_rng(5), 2)
    found = judge(course(Courses(seen, 7 * shifted(seen, 3), scaled=True)), "intensity")
    assert (found.verdict, found.frames) == ("shifted", 3)
    found = judge(course(Courses(seen, -7 * shifted(seen, 0), scaled=True)), "intensity")
    assert found.verdict != "in step"


def test_pictures_between_need_not_be_looked_at():
    seen = smooth(np.random.default_rng(6), 8)
    told = shifted(seen, 3)
    seen[1::2] = np.nan
    found = judge(course(Courses(seen, told, scaled=False)), "landmarks")
    assert (found.verdict, found.frames) == ("shifted", 3)


def test_short_sequences_are_not_moved_further_than_a_third():
    seen = smooth(np.random.default_rng(7), 8, 30)
    gains = course(Courses(seen, seen.copy(), scaled=False)).gains
    assert np.isfinite(gains[LIMIT - 9 : LIMIT + 10]).all()
    assert not np.isfinite(gains[: LIMIT - 9]).any()
    assert not np.isfinite(gains[LIMIT + 10 :]).any()


def test_a_shift_is_not_judged_by_a_few_of_the_pictures():
    seen = smooth(np.random.default_rng(7), 8)
    told = seen.copy()
    seen[1::2] = np.nan
    told[1::2][12:] = np.nan
    gains = course(Courses(seen, told, scaled=False)).gains
    assert np.isfinite(gains[LIMIT + 2])
    assert not np.isfinite(gains[LIMIT + 1])


def test_what_fits_best_at_the_edge_is_not_believed():
    """A shift further away may fit better still."""
    seen = smooth(np.random.default_rng(10), 8, 200)
    for frames, verdict in ((LIMIT - 1, "shifted"), (LIMIT, "too weak"), (-LIMIT, "too weak")):
        part = course(Courses(seen, shifted(seen, frames), scaled=False))
        assert judge(part, "landmarks").verdict == verdict


def weak(frames, count, seed=0):
    """Sequences in which a shift leaves hardly less, one after the other."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(count):
        seen = smooth(rng, 8, width=12)
        told = shifted(seen, frames, 0.5, seed + number)
        parts.append(course(Courses(seen, told, scaled=False)))
    return parts


def test_many_sequences_tell_what_a_single_one_cannot():
    parts = weak(2, 12)
    alone = [judge(part, "landmarks").verdict for part in parts]
    assert alone.count("too weak") > len(parts) / 2
    whole = judge(together(parts), "landmarks")
    assert (whole.verdict, whole.frames) == ("shifted", 2)
    assert whole.pictures == sum(part.pictures for part in parts)


def test_many_sequences_in_step():
    assert judge(together(weak(0, 12)), "landmarks").verdict == "in step"


def test_a_lag_of_a_frame_that_changes_little_is_no_shift():
    assert judge(together(weak(1, 12)), "landmarks").verdict != "shifted"


def test_labels_beside_by_a_frame_or_two_are_no_shift_of_one_sequence():
    seen = smooth(np.random.default_rng(0), 8)
    for frames, alone in ((1, "too weak"), (2, "too weak"), (3, "shifted")):
        part = course(Courses(seen, shifted(seen, frames), scaled=False))
        assert judge(part, "landmarks").verdict == "shifted"
        assert (judge(part, "intensity").verdict == "shifted") == (alone == "shifted")
    several = together([course(Courses(seen, shifted(seen, 2), scaled=False))] * 2)
    assert judge(several, "intensity").frames == 2


def test_one_lively_sequence_does_not_speak_for_the_others():
    rng = np.random.default_rng(8)
    lively = 20 * smooth(rng, 8)
    parts = [course(Courses(lively, shifted(lively, 5), scaled=False))]
    for _ in range(4):
        calm = smooth(rng, 8)
        parts.append(course(Courses(calm, shifted(calm, 0), scaled=False)))
    assert judge(parts[0], "landmarks").verdict == "shifted"
    assert judge(together(parts), "landmarks").verdict != "shifted"


def test_of_two_sequences_both_must_gain_what_they_can():
    """The second gains a little by the first one's shift, and twice as much by its own."""
    rng = np.random.default_rng(2)
    lively, calm = 5 * smooth(rng, 8), smooth(rng, 8)
    parts = [
        course(Courses(lively, shifted(lively, 7), scaled=False)),
        course(Courses(calm, shifted(calm, 12), scaled=False)),
    ]
    assert 0 < parts[1].gains[LIMIT + 7] < 0.5 * np.nanmax(parts[1].gains)
    assert judge(together(parts), "landmarks").verdict == "too weak"
    assert judge(together([parts[0]] * 2), "landmarks").verdict == "shifted"


def test_the_words_say_which_way():
    seen = smooth(np.random.default_rng(0), 8)
    late = str(judge(course(Courses(seen, shifted(seen, 2), scaled=False)), "landmarks", "F1/T1"))
    early = str(judge(course(Courses(seen, shifted(seen, -4), scaled=False)), "occurrence"))
    assert "F1/T1: 2 frames late: those of frame i+2 fit the picture of frame i" in late
    assert early.startswith(
        "occurrence labels, all sequences together: about 4 frames early: those"
    )
