import json

import numpy as np
import pytest
from PIL import Image as Picture

from mien.animation.sampling import sample
from mien.data import portraits, read, rendered, showing, synthesize
from mien.data.changes import Change
from mien.data.expressions import planted, table
from mien.data.finding import open_finder
from mien.data.planted import Portrait
from mien.data.rendered import Shot
from mien.data.showing import DEVELOPED, Drawn, Planted, Shown
from mien.data.synthetic import lips_parted
from mien.errors import InputError, UnreadableSource
from tests.data.made_mesh import reference_mesh


def bytes_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def picture_of(path):
    with Picture.open(path) as picture:
        return np.asarray(picture)


def drawn(folder, persons, **others):
    return synthesize.synthesize("drawn", folder, persons=persons, frames=2, size=64, **others)


class Plain:
    """Stands in for a source: a grey picture whose level is the person's number."""

    def __init__(self, candidates=None, without=()):
        self.candidates, self.without = candidates, without
        self.made = []

    def person(self, number):
        self.made.append(number)
        if number in self.without:
            return []
        image = np.full((64, 64, 3), number, np.uint8)
        return [Shown(image, {12: 0.0, 25: number / 10}, np.array([1.0, 2, 3, 4]))] * 2


@pytest.fixture
def plain(monkeypatch):
    """Make a set of plain pictures in parts of four."""
    monkeypatch.setattr(synthesize, "PART", 4)

    def make(folder, persons, source):
        monkeypatch.setattr(synthesize, "_source", lambda *_: source)
        return synthesize.synthesize("drawn", folder, persons=persons, frames=2)

    return make


def test_a_drawn_set_is_read_as_a_table_without_a_remark(tmp_path):
    assert drawn(tmp_path / "set", 3) == tmp_path / "set" / "labels.csv"
    told = json.loads((tmp_path / "set" / "synthetic.json").read_text())
    assert told == {"kind": "drawn", "frames": 2, "seed": 0, "size": 64, "note": told["note"]}
    assert "tell nothing about" in told["note"]
    index = read("table", tmp_path / "set")
    assert index.subject == tuple(np.repeat(["P000000", "P000001", "P000002"], 2))
    assert index.number.tolist() == [0, 1] * 3
    assert index.occurrence is None
    assert set(index.intensity.units) == set(DEVELOPED)
    assert index.intensity.known.all()
    assert not index.intensity.value[::2].any()  # the first picture of each shows nothing
    assert index.intensity.value.max() <= 5
    assert (index.box[:, 2:] - index.box[:, :2] > 20).all()
    for path in index.path:
        assert picture_of(tmp_path / "set" / path).shape == (64, 64, 3)


def test_labels_are_what_was_drawn():
    source = Drawn(seed=3, frames=12, size=64)
    shown = source.person(5)
    again = Drawn(seed=3, frames=12, size=64).person(5)
    other = Drawn(seed=4, frames=12, size=64).person(5)
    assert [one.units for one in shown] == [one.units for one in again]
    assert [one.units for one in shown] != [one.units for one in other]
    np.testing.assert_array_equal(shown[7].image, again[7].image)
    open_jaw = [one.units for one in shown if one.units[26] > 3]
    assert open_jaw
    assert all(units[25] > 2 for units in open_jaw)  # lips part with the jaw, and are measured
    assert sum(max(one.units.values()) > 1 for one in shown) > 5


def test_a_run_that_was_stopped_gives_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(synthesize, "PART", 2)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    drawn(whole, 5)
    write, count = synthesize.write_picture, 0

    def failing(path, image):
        nonlocal count
        count += 1
        if count == 6:  # in the middle of the second part
            raise KeyboardInterrupt
        write(path, image)

    monkeypatch.setattr(synthesize, "write_picture", failing)
    with pytest.raises(KeyboardInterrupt):
        drawn(stopped, 5)
    assert not (stopped / "labels.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in (stopped / "parts").iterdir()}
    assert len(kept) == 1
    monkeypatch.setattr(synthesize, "write_picture", write)
    drawn(stopped, 5)
    assert bytes_of(whole) == bytes_of(stopped)
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    assert not list(stopped.rglob(".*"))


def test_what_is_finished_is_not_made_again_and_a_set_can_grow(tmp_path, plain):
    first, second, third = Plain(), Plain(), Plain()
    plain(tmp_path / "set", 6, first)
    plain(tmp_path / "set", 6, second)
    assert first.made == list(range(6))
    assert second.made == []
    before = bytes_of(tmp_path / "set")
    plain(tmp_path / "set", 9, third)
    assert third.made == [4, 5, 6, 7, 8]  # the part that was not full is made again
    after = bytes_of(tmp_path / "set")
    changed = {name for name, content in before.items() if after[name] != content}
    assert changed == {"labels.csv"}
    plain(tmp_path / "new", 9, Plain())
    assert bytes_of(tmp_path / "new")["labels.csv"] == after["labels.csv"]
    plain(tmp_path / "set", 6, Plain())
    assert bytes_of(tmp_path / "set")["labels.csv"] == before["labels.csv"]


def test_numbers_without_a_usable_person_are_passed_over(tmp_path, plain):
    source = Plain(candidates=7, without={0, 1, 2, 3, 5})
    plain(tmp_path / "set", 5, source)
    index = read("table", tmp_path / "set")
    assert index.subject == ("P000004", "P000004", "P000006", "P000006")
    np.testing.assert_allclose(index.intensity.of((25,)).value[:, 0], [0.4, 0.4, 0.6, 0.6])
    with pytest.raises(InputError, match="no usable portrait"):
        plain(tmp_path / "none", 5, Plain(candidates=1, without={0}))
    assert not (tmp_path / "none" / "labels.csv").exists()


def test_progress_tells_the_persons(tmp_path, plain, monkeypatch):
    monkeypatch.setattr(synthesize, "_source", lambda *_: Plain())
    told = []
    synthesize.synthesize(
        "drawn", tmp_path / "set", persons=6, frames=2, progress=lambda *pair: told.append(pair)
    )
    numbers = [done for done, of in told]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 6
    assert {of for _, of in told} == {6}


@pytest.mark.parametrize("quiet", [True, False])
def test_whether_portraits_are_quiet_is_asked_and_written(tmp_path, monkeypatch, quiet):
    asked = []
    monkeypatch.setattr("mien.data.ict.load", lambda path: path)
    monkeypatch.setattr("mien.data.finding.open_finder", lambda: None)
    monkeypatch.setattr(synthesize, "Planted", lambda *given: asked.append(given[-1]) or Plain())
    synthesize.synthesize(
        "planted", tmp_path / "set", persons=1, portraits=tmp_path, data=tmp_path, quiet=quiet
    )
    assert asked == [quiet]
    assert json.loads((tmp_path / "set" / "synthetic.json").read_text())["quiet"] is quiet


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"persons": 0}, "0 persons"),
        ({"persons": 2, "frames": 1}, "1 pictures of each"),
        ({"persons": 2, "frames": 2, "kind": "planted"}, "at least 3"),
        ({"persons": 2, "size": 63}, "63 pixels"),
        ({"persons": 2, "size": 1025}, "1025 pixels"),
        ({"persons": 2, "kind": "painted"}, "there is no kind 'painted'"),
        ({"persons": 2, "kind": "rendered"}, "need the face model"),
        ({"persons": 2, "kind": "planted", "data": "x"}, "need portraits"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(tmp_path, settings, said):
    kind = settings.pop("kind", "drawn")
    with pytest.raises(InputError, match=said) as caught:
        synthesize.synthesize(kind, tmp_path / "set", **settings)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "set").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    drawn(tmp_path / "set", 1)
    before = bytes_of(tmp_path / "set")
    with pytest.raises(InputError, match="made otherwise"):
        drawn(tmp_path / "set", 1, seed=1)
    assert bytes_of(tmp_path / "set") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        drawn(tmp_path / "mine", 1)
    with pytest.raises(UnreadableSource, match="mien datasets ict"):
        synthesize.synthesize("rendered", tmp_path / "new", persons=1, data=tmp_path)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def gallery(tmp_path, model, monkeypatch):
    """Three portraits with the reference face on them; the middle one cannot be used."""
    rows, columns = np.indices((240, 260))
    for number, name in enumerate("abc"):
        image = np.stack([rows, columns % 256, 60 * number + 0 * rows], axis=-1).astype(np.uint8)
        Picture.fromarray(image).save(tmp_path / f"{name}.png")
    mesh = reference_mesh(80, (130, 120))

    def find(image, _):
        return None if image[0, 0, 2] == 60 else mesh

    monkeypatch.setattr(portraits, "is_quiet", lambda _: True)
    return tmp_path, model, find


def test_planted_pictures_show_what_their_labels_say(gallery, model, monkeypatch):
    folder, _, find = gallery
    drawn = []

    def changes(rng, _, count):
        for number in range(count):
            intensity = planted({"12L": 0.6} if number > 1 else {})
            drawn.append(intensity)
            yield Change(intensity, intensity @ table(model.names), 0)

    monkeypatch.setattr(portraits, "draw_changes", changes)
    source = Planted(folder, model, find, (0, 3, 256))
    assert source.candidates == 3
    assert source.person(1) == []
    rest, nuisance, smile = source.person(0)
    assert not any(rest.units.values())
    assert not any(nuisance.units.values())
    assert smile.units == dict.fromkeys(DEVELOPED, 0.0) | {12: pytest.approx(3.0)}
    assert rest.image.shape == (256, 256, 3)
    np.testing.assert_array_equal(rest.image, nuisance.image)
    changed = np.abs(smile.image.astype(int) - rest.image).max(axis=2) > 3
    y, x = np.argwhere(changed).mean(axis=0)
    left, top, right, bottom = rest.box
    assert x > (left + right) / 2 + 10  # the person's left side
    assert (top + bottom) / 2 < y < bottom
    assert 0.4 * 256 < right - left < 0.75 * 256
    assert (left + right) / 2 == pytest.approx(128, abs=2)


def test_loud_portraits_are_left_out_unless_asked_for(gallery, model, monkeypatch):
    folder, _, find = gallery
    monkeypatch.setattr(portraits, "is_quiet", lambda _: False)
    assert Planted(folder, model, find, (0, 3, 64)).person(0) == []
    assert len(Planted(folder, model, find, (0, 3, 64), quiet=False).person(0)) == 3
    with pytest.raises(UnreadableSource, match=r"no \.jpg"):
        Planted(folder / "missing", model, find, (0, 3, 64))


def test_the_square_around_a_face_keeps_its_pixels_in_place(gallery):
    folder, _, find = gallery
    portrait = portraits.read_one(folder / "a.png", find)
    framed = showing._framed(portrait, 400)
    there = sample(framed.image, framed.mesh[:, :2])[:, 1::-1]  # columns and rows of the original
    np.testing.assert_allclose(there, portrait.mesh[:, :2], atol=1.0)
    np.testing.assert_allclose((there - portrait.mesh[:, :2]).mean(axis=0), 0, atol=0.1)
    near = Portrait(portrait.image[:, 60:], portrait.mesh - np.float32([60, 0, 0]))
    cut = showing._framed(near, 400)  # the face reaches over the edge
    np.testing.assert_allclose(cut.mesh, framed.mesh, atol=0.01)
    assert cut.image.shape == (400, 400, 3)


def test_rendered_persons_have_the_labels_of_their_shots(model, monkeypatch):
    class Head:
        def person(self, _):
            return model.neutral

        def express(self, person, *_):
            return person

        def mesh(self, vertices):
            return vertices

    def shots(rng, _, count):
        intensities = [planted({}), planted({"12R": 0.4, 26: 1.0})]
        return [
            Shot(one, np.zeros(57, np.float32), np.zeros(2), np.zeros(3)) for one in intensities
        ]

    monkeypatch.setattr("mien.data.head.load", lambda _: Head())
    monkeypatch.setattr("mien.data.ict.load", lambda _: model)
    monkeypatch.setattr(rendered, "draw_shots", shots)
    monkeypatch.setattr(showing, "render", lambda *_: np.zeros((96, 96, 3), np.uint8))
    rest, smile = showing.Rendered("anywhere", 0, 2, 96).person(0)
    assert not any(rest.units.values())
    assert {unit: value for unit, value in smile.units.items() if value} == {
        12: pytest.approx(2.0), 26: pytest.approx(5.0),
    }  # fmt: skip
    assert 0.3 * 96 < smile.box[2] - smile.box[0] < 96


def test_lips_are_parted_when_that_can_be_seen_from_the_front(model):
    def parted(shape, way):
        moving = np.zeros_like(model.inner_lip_expression)
        moving[model.names.index(shape), 1] = way
        weights = np.zeros(len(model.names), np.float32)
        weights[model.names.index(shape)] = 0.5
        changed = type(model)(**{**model.__dict__, "inner_lip_expression": moving})
        return lips_parted(changed, weights[None])[0]

    assert parted("jawOpen", (0, -1.3, 0)) == pytest.approx(0.5)
    assert parted("jawOpen", (0, -5.2, 0)) == 1
    assert parted("mouthShrugLower", (0, 0, 1.3)) == 0  # pushed forward
    assert parted("mouthPress_L", (0, 1.3, 0)) == 0


def test_planted_units_are_found_on_portraits(shared, face_data, front_end, tmp_path):
    folder, root = shared / "data" / "portraits", tmp_path / "set"
    synthesize.synthesize(
        "planted", root, persons=4, frames=10, size=256, portraits=folder, data=face_data
    )
    index = read("table", root)
    assert len(set(index.subject)) == 4
    find = open_finder()
    gaps = []
    for path in index.path:
        mesh = find(picture_of(root / path), False)
        assert mesh is not None
        eyes = np.linalg.norm(mesh[33, :2] - mesh[263, :2])
        gaps.append((mesh[14, 1] - mesh[13, 1]) / eyes)
    opened = np.reshape(gaps, (4, 10)) - np.reshape(gaps, (4, 10))[:, :1]
    planted_gap = index.intensity.of((25,)).value.reshape(4, 10)
    assert np.corrcoef(opened.ravel(), planted_gap.ravel())[0, 1] > 0.8
