"""The person's neutral: planted clips whose neutral is known, and clips that have none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.analysis.choice import NeutralChoice
from mien.analysis.judgement import MOST_SPREAD, NO_NEUTRAL, POOR, SETTLED_BELOW, neutral_of
from mien.analysis.neutral import CAPACITY, FEWEST, NeutralCollector, combine
from mien.analysis.sides import Sides
from mien.errors import InputError, ShapeError
from mien.face.geometry import FEATURES

UNITS = (1, 2, 4, 6, 9, 10, 12, 17, 20, 22, 25, 26, 28, 43)
NOISE = 0.007


class Clip:
    """A made-up track: a neutral face, a direction in feature space per unit, and noise."""

    def __init__(self, frames, seed=0, rate=30.0):
        self.random = np.random.default_rng(seed)
        self.rest = self.random.normal(0, 0.02, FEATURES).astype(np.float32)
        self.moves = self.random.normal(0, 0.01, (len(UNITS), FEATURES)).astype(np.float32)
        self.times = np.arange(frames) / rate
        self.intensity = np.abs(self.random.normal(0, 0.1, (frames, len(UNITS))))
        self.pose = self.random.normal(0, 2, (frames, 3))
        self.openness = np.full((frames, 2), 0.32)

    def plant(self, unit, level, during=slice(None)):
        self.intensity[during, UNITS.index(unit)] = level
        return self

    def arrays(self):
        noise = self.random.normal(0, NOISE, (len(self.times), FEATURES))
        features = self.rest + self.intensity @ self.moves + noise
        return (
            self.times,
            features.astype(np.float32),
            self.intensity.astype(np.float32),
            self.pose.astype(np.float32),
            self.openness.astype(np.float32),
        )

    def collect(self, chunk=64, capacity=CAPACITY):
        collector = NeutralCollector(UNITS, capacity)
        arrays = self.arrays()
        for start in range(0, len(self.times), chunk):
            collector.add(*(array[start : start + chunk] for array in arrays))
        return collector

    def collect_marked(self, rows):
        """Collect the clip with another face, every feature larger by 1, in some frames."""
        times, features, *others = self.arrays()
        features[rows] += 1
        collector = NeutralCollector(UNITS)
        collector.add(times, features, *others)
        return collector

    def neutral(self):
        return self.collect().neutral()


def distance(neutral, clip):
    """Root mean square between a neutral and the clip's true one."""
    return float(np.sqrt(((neutral.features - clip.rest) ** 2).mean()))


def lively(frames=600, seed=0):
    """Smiles, talk and brow raises nine tenths of the time, rest in the remaining one."""
    clip = Clip(frames, seed)
    busy = np.arange(frames) % 300 >= 40
    wave = 2.5 + 2 * np.sin(np.arange(frames) / 9)
    for unit, level in ((12, 4.0), (25, wave[busy]), (26, wave[busy] / 2), (2, 3.0)):
        clip.plant(unit, level, busy)
    return clip


def test_the_planted_neutral_is_found():
    clip = lively()
    neutral = clip.neutral()
    assert distance(neutral, clip) < 0.006
    assert neutral.source == "auto"
    assert neutral.frames >= 40
    assert neutral.quality > 0.9
    assert (neutral.problems, neutral.unsettled) == ((), ())
    assert neutral.features.dtype == np.float32
    assert neutral.features.shape == (FEATURES,)


def test_a_mean_over_the_whole_clip_would_not_do():
    clip = lively()
    whole = clip.arrays()[1].mean(axis=0)
    assert np.sqrt(((whole - clip.rest) ** 2).mean()) > 0.02


def test_a_clip_that_smiles_throughout_says_so():
    clip = Clip(600).plant(12, 3.4 + 0.5 * np.sin(np.arange(600) / 20)).plant(25, 2.0)
    neutral = clip.neutral()
    assert neutral.unsettled == (6, 12, 25)
    assert neutral.quality < POOR
    (problem,) = neutral.problems
    assert "in the quietest tenth the single-frame network still reads AU12 at " in problem
    assert "and AU25 at 2.0" in problem
    assert "give --neutral PICTURE or TIME, or use --neutral none" in problem


def test_what_takes_a_little_off_a_lasting_smile_does_not_pass_for_rest():
    clip = Clip(600).plant(12, 5.0).plant(25, 4.5)
    dropped = slice(200, 290)
    clip.plant(12, 4.2, dropped).plant(26, 0.4, dropped)
    collector = clip.collect_marked(dropped)
    assert collector.neutral().features.mean() < 0.2


def test_a_frown_that_takes_a_little_off_other_units_does_not_pass_for_rest():
    clip = Clip(400)
    clip.intensity[:, :] += 0.6
    frowning = slice(150, 190)
    clip.intensity[frowning] -= 0.5
    clip.plant(4, 3.0, frowning)
    collector = clip.collect_marked(frowning)
    assert collector.neutral().features.mean() < 0.2


def test_a_frown_that_takes_a_slight_smile_off_does_not_pass_for_rest():
    clip = Clip(400)
    clip.intensity[:] += 0.3
    clip.plant(12, 1.6)
    frowning = slice(150, 200)
    clip.intensity[frowning] -= 0.2
    clip.plant(12, 0.4, frowning).plant(4, 3.0, frowning)
    collector = clip.collect_marked(frowning)
    assert collector.neutral().features.mean() < 0.2


def test_what_is_passed_on_the_way_lies_aside():
    clip = Clip(400)
    clip.rest = np.zeros(FEATURES, np.float32)
    times, features, *others = clip.arrays()
    features[::10] += 1  # one quiet frame in ten is another face
    collector = NeutralCollector(UNITS)
    collector.add(times, features, *others)
    kept = collector._quietest()
    assert max(float(np.abs(item.features[:1404]).max()) for item in kept) < 0.5


def test_the_stronger_the_smile_the_worse():
    qualities = [Clip(200).plant(12, level).neutral().quality for level in (0.5, 1.1, 3, 5)]
    assert qualities[0] > 0.9
    assert qualities[1] == pytest.approx(0.5, abs=0.02)
    assert qualities == sorted(qualities, reverse=True)
    assert qualities[3] == pytest.approx(0.1)


def test_a_clip_full_of_blinks_has_open_eyes_in_its_neutral():
    clip = Clip(600)
    shut = np.arange(600) % 10 < 6
    clip.plant(43, 4.5, shut).openness[shut] = 0.08
    neutral = clip.neutral()
    assert distance(neutral, clip) < 0.006
    assert neutral.problems == ()


def test_eye_openness_alone_is_enough_to_leave_blinks_out():
    clip = Clip(600)
    shut = np.arange(600) % 10 < 6
    clip.openness[shut] = 0.08
    clip.rest = np.zeros(FEATURES, np.float32)
    collector = clip.collect_marked(shut)
    assert np.abs(collector.neutral().features).max() < 0.1


def test_eyes_closed_throughout_are_unsettled():
    clip = Clip(100).plant(43, 4.8)
    clip.openness[:] = 0.08
    assert clip.neutral().unsettled == (43,)


def test_frames_that_face_the_camera_are_preferred():
    clip = Clip(400)
    clip.pose[:360, 1] = 40
    collector = clip.collect_marked(slice(None, 360))
    neutral = collector.neutral()
    assert distance(neutral, clip) < 0.006
    assert neutral.problems == ()


def test_heads_that_never_face_the_camera_are_a_problem():
    clip = Clip(200)
    clip.pose[:, 1] = -32
    neutral = clip.neutral()
    assert any("turned by 32 degrees" in problem for problem in neutral.problems)
    assert neutral.quality < 0.6


def test_still_frames_are_preferred_to_moving_ones():
    clip = Clip(400)
    clip.intensity[:], clip.pose[:] = 0, 0
    clip.plant(12, 0.1).plant(12, 0.3 * (np.arange(350) % 2), slice(0, 350))
    collector = clip.collect_marked(slice(None, 350))
    assert distance(collector.neutral(), clip) < 0.006


def test_a_few_odd_frames_among_the_quiet_ones_do_no_harm():
    clip = Clip(200)
    collector = clip.collect_marked(slice(None, None, 8))
    assert distance(collector.neutral(), clip) < 0.01


def test_quiet_frames_that_differ_are_a_problem():
    clip = Clip(300)
    times, features, *others = clip.arrays()
    features += np.random.default_rng(4).normal(0, 2 * MOST_SPREAD, features.shape)
    collector = NeutralCollector(UNITS)
    collector.add(times, features.astype(np.float32), *others)
    neutral = collector.neutral()
    assert any("differ by 0.03" in problem for problem in neutral.problems)
    assert neutral.quality < 0.8


@pytest.mark.parametrize("frames", [0, 1, FEWEST - 1])
def test_too_few_frames_make_no_neutral(frames):
    neutral = Clip(frames).neutral()
    assert (neutral.features, neutral.source, neutral.quality) == (None, "none", 0.0)
    assert neutral.problems[0].startswith(f"the face shows in only {frames} of the 10 frames")


def test_ten_frames_are_just_enough():
    neutral = Clip(FEWEST).neutral()
    assert (neutral.frames, neutral.source) == (FEWEST, "auto")


def test_frames_with_a_nan_are_left_out():
    clip = lively()
    times, features, intensity, pose, openness = clip.arrays()
    features[::3, 5] = np.nan
    intensity[1::7] = np.nan
    pose[2::9] = np.nan
    collector = NeutralCollector(UNITS)
    collector.add(times, features, intensity, pose, openness)
    neutral = collector.neutral()
    assert np.isfinite(neutral.features).all()
    assert distance(neutral, clip) < 0.006


def test_memory_is_bounded_and_the_neutral_still_right():
    clip = lively(frames=6000)
    collector = clip.collect(capacity=100)
    assert len(collector._kept) <= 100
    neutral = collector.neutral()
    assert 10 <= neutral.frames <= 100
    assert distance(neutral, clip) < 0.006
    assert neutral.quality > 0.9


def test_the_kept_frames_spread_over_the_whole_clip():
    clip = Clip(8000)
    clip.rest = np.zeros(FEATURES, np.float32)
    times, features, *others = clip.arrays()
    features += (times / times[-1])[:, None].astype(np.float32)
    collector = NeutralCollector(UNITS, 100)
    collector.add(times, features, *others)
    assert collector.neutral().features.mean() == pytest.approx(0.5, abs=0.12)


def test_the_chunks_do_not_matter_and_neither_does_asking_twice():
    for other in (1, 17, 600):
        first, second = lively().collect(64), lively().collect(other)
        assert (first.neutral().features == second.neutral().features).all()
        assert first.neutral().quality == first.neutral().quality == second.neutral().quality


def test_a_loud_start_is_forgotten():
    clip = Clip(3000)
    clip.plant(12, 5.0, slice(0, 1000))
    assert distance(clip.neutral(), clip) < 0.006


def test_eye_openness_is_optional():
    collector = NeutralCollector(UNITS)
    collector.add(*lively().arrays()[:4])
    assert collector.neutral().quality > 0.9


def test_half_precision_features_will_do():
    clip = lively()
    times, features, *others = clip.arrays()
    collector = NeutralCollector(UNITS)
    collector.add(times, features.astype(np.float16), *others)
    assert distance(collector.neutral(), clip) < 0.006


def test_one_neutral_picture():
    clip = Clip(1)
    _, features, intensity, pose, _ = clip.arrays()
    neutral = neutral_of(features, intensity, pose, UNITS, "picture")
    assert (neutral.source, neutral.frames, neutral.quality) == ("picture", 1, 1.0)
    assert (neutral.features == features[0]).all()


def test_a_neutral_picture_that_smiles():
    _, features, intensity, pose, _ = Clip(1).plant(12, 4.2).arrays()
    neutral = neutral_of(features, intensity, pose, UNITS, "picture")
    assert neutral.unsettled == (6, 12)
    assert neutral.problems[0].startswith("in the neutral picture the single-frame network")


def test_a_moment_is_named_as_one():
    _, features, intensity, pose, _ = Clip(5).plant(26, 3).arrays()
    assert (
        neutral_of(features, intensity, pose, UNITS, "time")
        .problems[0]
        .startswith("at the neutral moment")
    )


def test_only_units_that_were_read_are_unsettled():
    features = np.zeros((1, FEATURES), np.float32)
    smile, pose = np.full((1, 1), 4, np.float32), np.zeros((1, 3), np.float32)
    assert neutral_of(features, smile, pose, (12,), "picture").unsettled == (12,)


def test_units_that_one_picture_does_not_show_are_never_unsettled():
    clip = Clip(100)
    for unit in set(UNITS) - set(SETTLED_BELOW):
        clip.plant(unit, 5.0)
    assert clip.neutral().unsettled == ()


def test_real_smiles_are_no_neutral_and_straight_faces_are(pictures, networks):
    sides = Sides(networks.single)

    def judged(caption):
        seen, reading = pictures(caption), networks.reading
        faces = [face for _, face in seen]
        crops = [reading.cut(image, [face])[0] for image, face in seen]
        features = reading.describe(np.stack([face.mesh for face in faces]), crops)
        intensity = sides.unit_values(reading.read(features))
        pose = np.stack([face.pose for face in faces])
        return [
            neutral_of(
                features[i : i + 1], intensity[i : i + 1], pose[i : i + 1], sides.units, "auto"
            )
            for i in range(len(faces))
        ]

    smiling, straight = judged("smiling"), judged("looking directly at camera")
    assert all({12, 25} & set(neutral.unsettled) for neutral in smiling)
    assert max(neutral.quality for neutral in smiling) < POOR
    assert sum(neutral.quality > 0.9 for neutral in straight) >= 0.75 * len(straight)


def test_no_neutral():
    assert (NO_NEUTRAL.features, NO_NEUTRAL.source, NO_NEUTRAL.problems) == (None, "none", ())


def test_features_of_a_wrong_shape():
    nothing = np.zeros((0, FEATURES), np.float32)
    with pytest.raises(ShapeError, match="expected"):
        neutral_of(nothing, np.zeros((0, 1), np.float32), np.zeros((0, 3)), (12,), "auto")


def test_combine_takes_the_single_frame_where_unsettled():
    single, difference = np.full((2, 3), 4, np.float32), np.zeros((2, 3), np.float32)
    both = combine(single, difference, np.array([False, True, False]))
    assert both.tolist() == [[0, 4, 0]] * 2
    assert both.dtype == np.float32


@pytest.mark.parametrize("mask", [np.zeros(2, bool), np.zeros((2, 3), bool)])
def test_combine_asks_for_arrays_that_fit(mask):
    values = np.zeros((2, 3), np.float32)
    with pytest.raises(ShapeError, match="do not fit"):
        combine(values, values, mask)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("auto", NeutralChoice("auto")),
        (" AUTO ", NeutralChoice("auto")),
        ("none", NeutralChoice("none")),
        ("12", NeutralChoice("time", time=12.0)),
        ("12s", NeutralChoice("time", time=12.0)),
        ("3.2s", NeutralChoice("time", time=3.2)),
        (".5", NeutralChoice("time", time=0.5)),
        ("0", NeutralChoice("time", time=0.0)),
        ("0:12", NeutralChoice("time", time=12.0)),
        ("1:02", NeutralChoice("time", time=62.0)),
        ("90:00", NeutralChoice("time", time=5400.0)),
        ("1:02:03.5", NeutralChoice("time", time=3723.5)),
    ],
)
def test_choices(text, choice):
    assert NeutralChoice.parse(text) == choice


def test_a_file_is_a_picture_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "12").touch()
    choice = NeutralChoice.parse("12")
    assert (choice.source, choice.path.name, choice.time) == ("picture", "12", None)


@pytest.mark.parametrize(
    "text", ["", "face.jpg", "-3", "1:75", "1:61:00", "3 minutes", "nan", "x" * 5000]
)
def test_what_is_no_choice(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match="give auto, none, a picture, a file of mien neutral, or a time"
    ):
        NeutralChoice.parse(text)


@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59))
def test_clock_times(hours, minutes, seconds):
    text = f"{hours}:{minutes:02}:{seconds:02}"
    assert NeutralChoice.parse(text).time == 3600 * hours + 60 * minutes + seconds


def test_a_raise_of_the_brows_does_not_pass_for_rest():
    """Readings of a real clip: while the brows rise, other units read less than at rest."""
    units = (2, 6, 9, 12, 25)
    rest, raised = (0.25, 0.7, 0.4, 1.45, 1.45), (2.3, 0.2, 0.0, 1.35, 1.35)
    height = np.clip(1.5 - np.abs(np.linspace(-6, 6, 240)), 0, 1)[:, None].astype(np.float32)
    noise = np.random.default_rng(3).normal(0, 0.05, (240, 5)).astype(np.float32)
    intensity = (1 - height) * np.float32(rest) + height * np.float32(raised) + noise
    features = np.zeros((240, 1410), np.float32)
    features[:, :300] = 0.1 * height
    pose = np.float32([-3, 0, 0]) + height * np.float32([2.7, 0, 0])
    collector = NeutralCollector(units)
    collector.add(np.arange(240) / 30, features, np.maximum(intensity, 0), pose)
    assert np.abs(collector.neutral().features).max() < 0.01
