"""What the cache holds, leaves out and refuses, and that it goes on after a kill."""

import errno
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from arro3.io import read_parquet
from PIL import Image as Picture

import mien
from mien.data import planning
from mien.data.cache import open_cache, prepare
from mien.data.labels import STILL, Labels
from mien.errors import InputError
from mien.face.affine import transform
from mien.face.align import crop, crop_points
from mien.face.landmarks import landmarks, reduce
from mien.video.reader import read_picture
from mien.video.writer import VideoWriter
from tests.data.aligned_faces import UNITS, a_face, face, gradient, made_set, no_face


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(planning, "FEWEST", 4)


def make(root, count=40, **changes):
    return made_set(root / "set", count, **changes)


def test_the_cache_holds_what_the_template_cuts(tmp_path):
    index = make(tmp_path, 12)
    cache = prepare(index, tmp_path / "cache", "jaanet", 200, quality=0)
    assert (len(cache), cache.template, cache.aligned) == (12, "jaanet", 200)
    for row in range(12):
        picture = read_picture(index.root / index.path[row])
        made = crop_points(picture, index.points.value[row], "68", "jaanet", 200)
        assert (cache.image(row) == made.image).all()
        assert (cache.matrix[row] == made.matrix).all()
        there = transform(reduce(index.points.value[row], "68", "49"), made.matrix)
        assert cache.landmarks[row] == pytest.approx(there, abs=1e-4)
        eyes = there[19:25].mean(axis=0) - there[25:31].mean(axis=0)
        assert cache.eyes[row] == pytest.approx(np.hypot(*eyes), abs=1e-4)


def test_labels_come_through_exactly(tmp_path):
    index = make(tmp_path, 12)
    kept = prepare(index, tmp_path / "cache", "box", 64).index
    for name in ("occurrence", "intensity", "expression"):
        there, here = getattr(index, name), getattr(kept, name)
        assert (here.value == there.value).all()
        assert (here.known == there.known).all()
        assert (~here.known).any()
    assert kept.occurrence.units == UNITS
    assert kept.subject == index.subject
    assert kept.path == index.path


def test_jpeg_is_close_and_of_full_colour(tmp_path):
    index = make(tmp_path, 4)
    exact = prepare(index, tmp_path / "png", "box", 128, quality=0)
    small = prepare(index, tmp_path / "jpeg", "box", 128)
    difference = np.abs(exact.image(1).astype(int) - small.image(1))
    assert difference.mean() < 1.5
    with Picture.open(tmp_path / "jpeg" / "shards" / "00000.pictures") as picture:
        assert picture.layer == [(1, 1, 1, 0), (2, 1, 1, 1), (3, 1, 1, 1)]  # 4:4:4


def test_without_landmarks_the_mesh_is_taken(tmp_path):
    index = make(tmp_path, 6, missing=(2,))
    cache = prepare(index, tmp_path / "cache", "jaanet", 100, find=a_face, quality=0)
    mesh = crop(read_picture(index.root / "002.png"), face(), "jaanet", 100)
    assert (cache.image(2) == mesh.image).all()
    there = transform(landmarks(face(), "49"), mesh.matrix)
    assert cache.landmarks[2] == pytest.approx(there, abs=1e-4)
    assert not (cache.matrix[1] == mesh.matrix).all()


def test_ffhq_is_cut_by_the_mesh_around_the_set_s_landmarks(tmp_path):
    index = make(tmp_path, 2)
    seen = []

    def find(image, box):
        seen.append(box)
        return a_face(image, box)

    cache = prepare(index, tmp_path / "cache", "ffhq", 96, find=find, quality=0)
    picture = read_picture(index.root / "001.png")
    made = crop(picture, face(), "ffhq", 96)
    assert (cache.image(1) == made.image).all()
    own = reduce(index.points.value[1], "68", "49")  # the set's landmarks stay its own
    assert cache.landmarks[1] == pytest.approx(transform(own, made.matrix), abs=1e-4)
    points = index.points.value[0]
    assert seen[0] == pytest.approx((*points.min(axis=0), *points.max(axis=0)))


def test_the_box_of_the_set_says_which_face(tmp_path):
    index = replace(make(tmp_path, 2), points=None)
    index.box[0] = (10, 20, 110, 130)
    seen = []

    def find(image, box):
        seen.append(box)
        return a_face(image, box)

    prepare(index, tmp_path / "cache", "ffhq", 64, find=find)
    assert seen == [(10, 20, 110, 130), None]


def test_whole_pictures_need_no_face(tmp_path):
    index = replace(make(tmp_path, 3), points=None)
    index.box[1] = (50, 40, 250, 240)
    cache = prepare(index, tmp_path / "cache", "whole", 60, find=no_face, quality=0)
    whole = Picture.open(index.root / "000.png")
    assert (cache.image(0) == np.asarray(whole.resize((60, 60), Picture.Resampling.BILINEAR))).all()
    part = Picture.open(index.root / "001.png").crop((50, 40, 250, 240))
    assert (cache.image(1) == np.asarray(part.resize((60, 60), Picture.Resampling.BILINEAR))).all()
    assert np.isnan(cache.landmarks).all()
    assert np.isnan(cache.eyes).all()


def test_grey_pictures_are_replicated(tmp_path):
    index = make(tmp_path, 2)
    grey = Picture.open(index.root / "000.png").convert("L")
    grey.save(index.root / "000.png")
    cache = prepare(index, tmp_path / "cache", "box", 50, quality=0)
    assert (cache.image(0) == cache.image(0)[..., :1]).all()


def test_what_is_left_out_is_told(tmp_path):
    index = make(tmp_path, 8, missing=(3,))
    (index.root / "001.png").unlink()
    (index.root / "005.png").write_bytes(b"no picture")
    index.points.value[6] = 5  # all points in one place
    cache = prepare(index, tmp_path / "cache", "jaanet", 64, find=no_face)
    assert [(one.row, one.kind) for one in cache.skipped] == [
        (1, "no picture"),
        (3, "no face"),
        (5, "unreadable picture"),
        (6, "landmarks outside"),
    ]
    assert cache.skipped[2].path == "005.png"
    assert "005.png" in cache.skipped[2].what
    assert cache.facts["left out"] == {
        "landmarks outside": 1,
        "no face": 1,
        "no picture": 1,
        "unreadable picture": 1,
    }
    assert cache.source.tolist() == [0, 2, 4, 7]
    assert cache.index.path == ("000.png", "002.png", "004.png", "007.png")
    assert (cache.index.occurrence.value == index.occurrence.value[[0, 2, 4, 7]]).all()
    table = read_parquet(tmp_path / "cache" / "skipped.parquet").read_all()
    assert table["kind"].to_pylist() == [one.kind for one in cache.skipped]


def test_nothing_at_all_is_an_error(tmp_path):
    index = make(tmp_path, 3)
    with pytest.raises(InputError, match=r"none of the 3 pictures.*no face was found"):
        prepare(index, tmp_path / "cache", "ffhq", 64, find=no_face)
    with pytest.raises(InputError, match="unfinished cache"):
        open_cache(tmp_path / "cache")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    root = tmp_path_factory.mktemp("film")
    with VideoWriter(root / "a.mp4", 300, 260) as writer:
        for number in range(12):
            writer.write(np.full((260, 300, 3), 15 + 20 * number, np.uint8), number / 25)
    return root


def test_frames_of_a_video_are_decoded_once_and_keep_their_labels(film, tmp_path, monkeypatch):
    index = make(tmp_path, 9)
    for number in (0, 1):
        (film / f"{number:03d}.png").write_bytes((index.root / f"{number:03d}.png").read_bytes())
    frames = [9, STILL, 2, 2, 30, STILL, 0, 11, 5]
    names = ["001.png" if row == 5 else "000.png" for row in range(9)]
    paths = tuple(
        name if frame == STILL else "a.mp4" for name, frame in zip(names, frames, strict=True)
    )
    index = replace(index, root=film, path=paths, frame=np.array(frames))
    opened = []
    from mien.data import aligning

    true = aligning.open_source
    monkeypatch.setattr(aligning, "open_source", lambda path: opened.append(path) or true(path))
    cache = prepare(index, tmp_path / "cache", "box", 40, quality=0)
    assert len(opened) == 1
    assert cache.source.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    for row, source in enumerate(cache.source):
        if frames[source] != STILL:
            assert cache.image(row).mean() == pytest.approx(15 + 20 * frames[source], abs=4)
    assert (cache.index.occurrence.value == index.occurrence.value[cache.source]).all()
    (lost,) = cache.skipped
    assert (lost.row, lost.frame) == (4, 30)
    assert "no frame 30; its last is 11" in lost.what


def test_workers_make_the_same_cache(tmp_path):
    index = make(tmp_path, 40)
    told = []
    two = prepare(
        index, tmp_path / "two", "jaanet", 64, workers=2, progress=lambda *now: told.append(now)
    )
    one = prepare(index, tmp_path / "one", "jaanet", 64)
    assert two.digest == one.digest
    assert (two.image(39) == one.image(39)).all()
    assert told[0] == (0, 40)
    assert told[-1] == (40, 40)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_digest_is_of_content_and_not_of_places(tmp_path):
    index = make(tmp_path, 6)
    first = prepare(index, tmp_path / "first", "jaanet", 64).digest
    index.root.rename(tmp_path / "moved")
    moved = replace(index, root=tmp_path / "moved")
    assert prepare(moved, tmp_path / "second", "jaanet", 64).digest == first
    assert prepare(moved, tmp_path / "third", "jaanet", 65).digest != first
    assert prepare(moved, tmp_path / "fourth", "jaanet", 64, quality=90).digest != first
    value = index.occurrence.value.copy()
    value[0, 0] = 1 - value[0, 0]
    other = replace(moved, occurrence=replace(index.occurrence, value=value))
    assert prepare(other, tmp_path / "fifth", "jaanet", 64).digest != first


def test_other_labels_are_taken_without_new_pictures(tmp_path):
    index = make(tmp_path, 6)
    folder = tmp_path / "cache"
    before = prepare(index, folder, "jaanet", 64)
    stamps = {path.name: path.stat().st_mtime_ns for path in (folder / "shards").iterdir()}
    known = np.zeros((6, 1), bool)
    known[2] = True
    fresh = replace(index, occurrence=Labels((4,), known.astype(np.float32), known))
    after = prepare(fresh, folder, "jaanet", 64)
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "shards").iterdir()} == stamps
    assert after.digest != before.digest
    assert open_cache(folder).index.occurrence.units == (4,)
    with pytest.raises(InputError, match="prepared anew"):
        pickle.loads(pickle.dumps(before))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"template": "box"}, "the template was jaanet, now box"),
        ({"aligned": 80}, "the size was 64, now 80"),
        ({"quality": 80}, "the quality was 95, now 80"),
        ({"rows": 5}, "the number of pictures was 6, now 5; the pictures differ"),
        ({"points": 1}, "the landmarks differ"),
        ({"file": 1}, "the size of the files differ"),
    ],
)
def test_another_plan_is_refused_and_told_apart(change, what, tmp_path):
    index = make(tmp_path, 6)
    before = prepare(index, tmp_path / "cache", "jaanet", 64)
    if "rows" in change:
        index = index.take(np.arange(5))
    if "points" in change:
        index.points.value[3, 2] += 1
    if "file" in change:
        Picture.fromarray(gradient(310)).save(index.root / "003.png")
    settings = {"template": "jaanet", "aligned": 64, "quality": 95} | change
    with pytest.raises(InputError, match=what):
        prepare(
            index,
            tmp_path / "cache",
            settings["template"],
            settings["aligned"],
            quality=settings["quality"],
        )
    assert open_cache(tmp_path / "cache").digest == before.digest


def test_strange_folders_are_left_alone(tmp_path):
    index = make(tmp_path, 4)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("one")
    with pytest.raises(InputError, match=r"other things, such as chapter.txt; name a new folder"):
        prepare(index, tmp_path / "thesis", "jaanet", 64)
    with pytest.raises(InputError, match="holds no cache"):
        open_cache(tmp_path / "thesis")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        prepare(index, tmp_path / "file", "jaanet", 64)


def test_choices_that_make_no_sense_are_refused(tmp_path):
    index = make(tmp_path, 4)
    with pytest.raises(InputError, match="jaanet, megraphau, ffhq, box, whole"):
        prepare(index, tmp_path / "cache", "arcface", 64)
    with pytest.raises(InputError, match="0 pixels"):
        prepare(index, tmp_path / "cache", "box", 0)
    with pytest.raises(InputError, match="the quality is 101"):
        prepare(index, tmp_path / "cache", "box", 64, quality=101)
    with pytest.raises(InputError, match="no pictures"):
        prepare(index.take(np.arange(0)), tmp_path / "cache", "box", 64)
    assert not (tmp_path / "cache").exists()


def test_one_process_at_a_time(tmp_path):
    index = make(tmp_path, 4)
    with planning.held(tmp_path / "cache"), pytest.raises(InputError, match="another process"):
        prepare(index, tmp_path / "cache", "jaanet", 64)
    assert len(prepare(index, tmp_path / "cache", "jaanet", 64)) == 4
    told = []
    with planning.held(tmp_path / "cache"):  # what is ready is given to as many as ask
        again = prepare(
            index, tmp_path / "cache", "jaanet", 64, progress=lambda *now: told.append(now)
        )
        assert len(again) == 4
        assert told == [(4, 4)]
        (tmp_path / "cache" / "rows.npy").unlink()
        with pytest.raises(InputError, match="another process"):
            prepare(index, tmp_path / "cache", "jaanet", 64)


def test_a_full_disk_leaves_nothing_broken(tmp_path, monkeypatch):
    index = make(tmp_path, 40)
    folder = tmp_path / "cache"
    true = Path.write_bytes

    def full(path, data):
        if "00003" in path.name:
            true(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return true(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"No space left on device.*free some space"):
        prepare(index, folder, "jaanet", 64)
    monkeypatch.undo()
    monkeypatch.setattr(planning, "FEWEST", 4)
    assert not list(folder.rglob("*.part*"))
    assert not (folder / "shards" / "00003.pictures").exists()
    with pytest.raises(InputError, match="unfinished cache"):
        open_cache(folder)
    reference = prepare(index, tmp_path / "other", "jaanet", 64)
    assert prepare(index, folder, "jaanet", 64).digest == reference.digest


def test_what_goes_wrong_in_a_worker_is_told(tmp_path):
    index = make(tmp_path, 12)
    (tmp_path / "cache" / "shards").mkdir(parents=True)
    with pytest.raises(InputError, match="holds other things"):
        prepare(index, tmp_path / "cache", "jaanet", 64, workers=2)
    (tmp_path / "cache" / "shards").rmdir()
    prepare(index, tmp_path / "cache", "jaanet", 64)
    broken = tmp_path / "cache" / "shards" / "00001.pictures"
    broken.unlink()
    broken.mkdir()
    (tmp_path / "cache" / "shards" / "00002.parquet").unlink()
    with pytest.raises(InputError, match="is a folder"):
        prepare(index, tmp_path / "cache", "jaanet", 64, workers=2)


@pytest.mark.parametrize("wreck", ["cut", "table", "other"])
def test_a_shard_that_is_not_whole_is_made_anew(wreck, tmp_path):
    index = make(tmp_path, 12)
    folder = tmp_path / "cache"
    digest = prepare(index, folder, "jaanet", 64).digest
    shards = folder / "shards"
    if wreck == "cut":
        data = (shards / "00001.pictures").read_bytes()
        (shards / "00001.pictures").write_bytes(data[:-10])
    elif wreck == "table":
        (shards / "00001.parquet").write_bytes(b"PAR1" + b"x" * 40 + b"PAR1")
    else:
        for kind in ("pictures", "parquet"):
            data = (shards / f"00000.{kind}").read_bytes()
            (shards / f"00001.{kind}").write_bytes(data)
    made = prepare(index, folder, "jaanet", 64)
    assert made.digest == digest
    assert made.landmarks[5] == pytest.approx(open_cache(folder).landmarks[5])
    assert made.image(5).shape == (64, 64, 3)


def test_damage_is_one_sentence(tmp_path):
    index = make(tmp_path, 6)
    folder = tmp_path / "cache"
    cache = prepare(index, folder, "jaanet", 64)
    (folder / "shards" / "00000.pictures").write_bytes(b"x" * 30000)
    with pytest.raises(InputError, match=r"00000.pictures is damaged or missing"):
        open_cache(folder).image(0)
    assert cache.aligned == 64
    for rows in (b"", b"x"):
        (folder / "rows.npy").write_bytes(rows)
        with pytest.raises(InputError, match=r"rows.npy is damaged"):
            open_cache(folder)
    for settings in ("{}", "[]", '"x"', "null", '{"template": "jaanet", "size": "x"}'):
        (folder / "cache.json").write_text(f'{{"digest": "0", "settings": {settings}}}')
        with pytest.raises(InputError, match=r"cache.json is damaged"):
            open_cache(folder)


def test_settings_that_are_none_are_one_sentence(tmp_path):
    index = make(tmp_path, 4)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "settings.json").write_text("[]")
    with pytest.raises(InputError, match=r"settings.json cannot be read"):
        prepare(index, tmp_path / "cache", "jaanet", 64)


def test_a_cache_travels_to_other_processes_and_cannot_be_written_to(tmp_path):
    cache = prepare(make(tmp_path, 6), tmp_path / "cache", "jaanet", 64)
    cache.image(1)
    other = pickle.loads(pickle.dumps(cache))
    assert (other.image(1) == cache.image(1)).all()
    for array in (cache.landmarks, cache.eyes, cache.matrix, cache.image(0)):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_weights_of_all_pictures_stand_in_the_cache(tmp_path):
    index = make(tmp_path, 20)
    index.occurrence.value[:, 2] = 0
    facts = prepare(index, tmp_path / "cache", "jaanet", 64).facts["weights"]
    shown = facts["occurrence"]
    rate = [
        index.occurrence.value[index.occurrence.known[:, k], k].mean() for k in range(len(UNITS))
    ]
    inverse = 1 / (1 + np.array(rate))
    assert shown["units"] == list(UNITS)
    assert shown["inverse-plus-one"] == pytest.approx(inverse * 3 / inverse.sum(), abs=1e-5)
    assert "AU25" in shown["inverse"]  # never occurs: a sentence in place of infinity
    assert set(facts) == {"occurrence", "intensity from 1 on", "intensity from 2 on"}


KILLED = """
import os, signal, sys, threading
from multiprocessing import active_children
from pathlib import Path
from mien.data import planning
from mien.data.cache import prepare
from tests.data.aligned_faces import made_set

def a_face(image, box):
    threading.Event().wait()  # for good: the row is never done

def progress(done, total):
    if done == 22:  # shards 0 to 4, a row of 5, a row of 6: each process waits in its second
        print(os.getpid(), *(child.pid for child in active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    planning.FEWEST = 4
    root = Path(sys.argv[1])
    index = made_set(root / "set", missing=(21, 25))
    prepare(index, root / "cache", "jaanet", 64, workers=2, find=a_face, progress=progress)
"""


INTERRUPTED = """
import os, signal, sys
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from mien.data import planning
from mien.data.cache import prepare
from tests.data.aligned_faces import made_set

begin = BaseProcess.start

def interrupted(process):
    begin(process)
    os.kill(process.pid, signal.SIGINT)

def interrupt(done, total):
    for child in active_children():
        os.kill(child.pid, signal.SIGINT)

if __name__ == "__main__":
    planning.FEWEST = 4
    BaseProcess.start = interrupted
    index = made_set(Path(sys.argv[1]) / "set")
    place = Path(sys.argv[1]) / "cache"
    print(len(prepare(index, place, "jaanet", 64, workers=2, progress=interrupt)) == len(index))
"""


def run_script(text, folder):
    """How a script of another process ended; it has ended when its workers have, too."""
    script = folder / "script.py"
    script.write_text(text)
    places = [str(Path(__file__).parents[2]), str(Path(mien.__file__).parents[1])]
    return subprocess.run(  # waits until nobody holds the pipes: workers have them too
        [sys.executable, script, folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
        timeout=120,
    )


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name != "posix", reason="sends signals to other processes")
def test_processes_are_deaf_to_ctrl_c_from_their_first_moment_on(tmp_path):
    ended = run_script(INTERRUPTED, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True\n", "")


def test_after_a_kill_it_goes_on_to_the_same_cache(tmp_path):
    ended = run_script(KILLED, tmp_path)  # a timeout: workers outlive their parent
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    dead, *workers = ended.stdout.split()
    assert len(workers) == 2
    shards = tmp_path / "cache" / "shards"
    finished = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.parquet")}
    assert sorted(finished) == [f"0000{number}.parquet" for number in range(5)]
    with pytest.raises(InputError, match="unfinished cache"):
        open_cache(shards.parent)
    (shards / f".00005.{dead}-0.part.parquet").touch()  # as if it had been killed while it wrote
    index = make(tmp_path, 40, missing=(21, 25))
    told = []
    cache = prepare(
        index, shards.parent, "jaanet", 64, find=a_face, progress=lambda *now: told.append(now)
    )
    kept = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.parquet")}
    assert finished.items() <= kept.items()
    assert told[0] == (20, 40)
    whole = prepare(index, tmp_path / "whole", "jaanet", 64, find=a_face)
    assert cache.digest == whole.digest
    assert not list(shards.parent.rglob("*.part*"))
