"""The lines of the shell on the pages: each exists, and each that can be run here is run."""

import re
import signal
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from arro3.io import read_parquet
from typer.main import get_command

from benchmarks.names import NAMES
from mien import cli
from mien.cli.shipped import SHIPPED
from mien.data import example
from tests.house.pages import PAGES, Line, shell_lines
from tests.house.scratch import Scratch, Store, quick

LINES = shell_lines()

CANNOT: dict[str, tuple[str, ...]] = {
    "installs, or runs everything": (
        "pip install .",
        'pip install ".[train]"',
        "git clone https://github.com/ICT-VGL/ICT-FaceKit",
        "make demo",
        "make test",
    ),
    "needs a camera": (
        "mien analyze camera:0 --end 10s -o live.csv",
        "mien live camera:0",
        "mien live camera:0 --headless | my-program",
        "mien live camera:0 --headless",
        "mien live camera:0 -o seen.jsonl --model runs/my-run/fold1",
    ),
    "opens a window": ("mien live clip.mp4",),
    "serves a page until it is stopped": ("mien annotate forty --classes awake,sleep",),
    "needs the whole face model, and minutes to hours": (
        "mien datasets ict --source ICT-FaceKit",
        "mien datasets render",
        "mien datasets render --still",
        "mien datasets plant --portraits FOLDER",
        "mien datasets crops --portraits FOLDER",
        "mien datasets exam --portraits FOLDER",
        "mien train meshunits",
        "mien train pictureunits --teacher teacher.csv",
    ),
    "needs weights of others, which do not come with mien": (
        "mien export --official student-combined checkpoint.pt --out student.onnx --precision int8 "
        "--data faces",
        "mien export --official student-combined checkpoint.pt --out student.onnx",
        "mien export --official opengraphau checkpoint.pth --out opengraphau.onnx",
        "mien export --official jaanet region_learning_5.pth align_net_5.pth "
        "local_attention_refine_5.pth local_au_net_5.pth global_au_feat_5.pth au_net_5.pth "
        "--out jaanet.onnx",
        "mien train yolo-faces --data forty/data.yaml --set model.start=yolov5s.pt",
        "mien train posterv2-rafdb --data cache/rafdb --set model.start=ir50.pth,mobilefacenet.pth "
        "--set model.options.landmarks=frozen",
        "mien train distill-disfa --all --data caches --from distill-mae=mae.pth",
        "mien train distill-combined --data caches/joined --set objective.options.teacher="
        "teacher.pt",
    ),
    "teaches vision transformers for days, from sets that are given out on request": (
        "mien train distill-disfa --all --data cache",
        "mien train distill-disfa --all --data caches --fold all",
        "mien train distill-disfa --all --data caches --from distill-mae-affectnet=",
        "mien train distill-disfa --all --data caches --set distill-mae:trainer.epochs=50",
        "mien train distill-disfa --fold 2 --data caches/disfa --set objective.options.teacher="
        "runs/mine/fold2",
        "mien train distill-combined --all --data caches",
    ),
    "measures for minutes, on a calm machine": (
        "python -m benchmarks emotions",
        "python -m benchmarks units",
        "python -m benchmarks portraits",
    ),
}
"""Lines that are not run, by the reason; that they exist is tested all the same."""

SLOW: tuple[str, ...] = (
    "mien analyze clip.mp4 --detector runs/yolo-faces -o clip.parquet",
    "mien compare runs/jaanet-bp4d runs/megraphau-bp4d default --on cache/bp4d --on cache/bp4d-256 "
    "--fold 1 --out compared",
    "mien compare long/planted-resnet18 short/planted-resnet18 default --on drawn/crops --fold 1 "
    "--out compared --pictures",
    "mien compare runs/yolo-faces runs/yolo-small --on forty/data.yaml --out compared",
    "mien datasets boxes awake --portraits portraits --data data --out awake --test 70",
    "mien doctor",
    "mien doctor --json",
    "mien explain photo.jpg --model runs/ckplus-resnet18/fold1 --au 2,7 --method gradcam",
    "mien explain photo.jpg --model runs/megraphau-bp4d/fold1 --graph",
    "mien export long/planted-resnet18/fold1 --precision int8 --data drawn/crops --limit 1",
    "mien export runs/yolo-faces --precision int8 --data forty/data.yaml",
    "mien weights pack FILE",
    "mien weights pack models.zip",
    "mien weights unpack FILE",
)
"""Lines that take many seconds, beside those that train."""

SHORTER: dict[str, str] = {
    " --persons 200": " --persons 2 --frames 2 --size 128",
    " --persons 30 --size 128": " --persons 2 --frames 2 --size 128",
    " --persons 45": " --persons 3",
    " --persons 150": " --persons 2",
    " --persons 60": " --persons 2",
    " --workers 4": " --workers 1",
    " --persons 338 --frames 36": " --persons 2 --frames 3",
    " --train 600 --val 60 --test 60": " --train 4 --val 2 --test 2",
    " --test 70": " --test 2",
    "mien animate": "mien animate --size 192 --rate 5",
    " /data/": " data/",
}
"""Long work made short: what stands in place of what."""

COMES: dict[str, str] = {
    "mien analyze session.mp4 -o session.parquet": (
        "source frame time face score x0 y0 x1 y1 pitch yaw roll AU1 AU43 AU12_L AU12_R AU45_p "
        "eye_open_L eye_open_R gaze_x gaze_y emotion emotion_rule emotion_coverage neutral "
        "neutral_quality"
    ),
    "mien analyze clip.mp4 -o clip.csv --layout openface": (
        "frame face_id timestamp confidence success pose_Rx pose_Ry pose_Rz AU01_r AU02_r AU04_r "
        "AU05_r AU06_r AU07_r AU09_r AU10_r AU12_r AU14_r AU15_r AU17_r AU20_r AU25_r AU26_r "
        "AU45_r AU01_c AU28_c AU45_c"
    ),
    "mien animate photo.jpg -o clip.mp4 --au 12=4,6=3 --at 1.0 --for 2.0": (
        "clip.mp4.planted.csv clip.mp4.planted.json source frame time face AU12 AU12_L AU12_R "
        "start half_rise apex apex_end half_fall end"
    ),
    "mien compare runs/jaanet-bp4d runs/megraphau-bp4d --on cache/bp4d-jaanet "
    "--on cache/bp4d-megraphau --fold 1 --out compared": (
        "compare.html compare.json scores.csv disagreements.csv"
    ),
    "mien datasets prepare bp4d --root BP4D --out prepared/bp4d --template jaanet --size 200": (
        "settings.json shards/00000.pictures shards/00000.parquet index.parquet skipped.parquet "
        "rows.npy cache.json"
    ),
    "mien explain photo.jpg --au 12": "deletion insertion gap random maps chance explained.png",
    "mien train --list": "ckplus-resnet18",
    "mien weights list": (
        "face-short face-full face-mesh au-mesh au-mesh-difference au-picture au-both "
        "au-both-difference Apache-2.0"
    ),
}
"""What a page says that comes of a line: columns, files, words on the screen, with spaces."""


def is_slow(line: Line) -> bool:
    """Whether it takes many seconds: a network is trained."""
    trains = line.words[1:2] == ["train"] and "--list" not in line.words
    return trains or line.text in SLOW


def run_here() -> list:
    """The lines that are run."""
    left_out = {text for texts in CANNOT.values() for text in texts}
    return [
        pytest.param(line, id=line.text, marks=[pytest.mark.slow] * is_slow(line))
        for line in LINES
        if line.text not in left_out
    ]


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
def test_every_command_exists_with_its_options(line):
    words = line.words
    if words[0] in ("pip", "make", "git"):
        makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
        assert words[0] != "make" or f"\n{words[1]}:" in makefile
        return
    if words[0] == "python":
        assert set(words[3:]) <= {*NAMES, "--device", "cuda"} or "--minutes" in words
        return
    context = get_command(cli.app).make_context("mien", words[1:])
    while hasattr(context.command, "resolve_command"):
        left = [*context._protected_args, *context.args]
        name, command, rest = context.command.resolve_command(context, left)
        context = command.make_context(name, rest, parent=context)
    if context.info_name == "train" and context.params["recipe"]:
        from mien.recipes import RECIPES
        from mien.recipes.yolo import RECIPES as DETECTORS

        assert context.params["recipe"] in {*RECIPES, *SHIPPED, *DETECTORS}


def test_what_is_said_of_lines_is_of_lines_that_are_there():
    there = {line.text for line in LINES}
    excused = [text for texts in CANNOT.values() for text in texts]
    assert [text for text in (*excused, *SLOW) if text not in there] == []
    assert len({*excused, *SLOW}) == len(excused) + len(SLOW)
    assert [text for text in SHORTER if not any(text in f" {line}" for line in there)] == []
    pages = {line.text: line.pages for line in LINES}
    for text, words in COMES.items():
        said = set().union(*(words_of(PAGES[page].read_text("utf-8")) for page in pages[text]))
        assert [word for word in words.split() if word not in said] == [], text


def words_of(text: str) -> set[str]:
    """What stands between spaces, marks and brackets; of paths their files too."""
    words = {word.strip(".,:;") for word in re.split(r"[\s`\"'*|()]+", text)}
    files = {word.partition("/")[2] for word in words}
    return words | files | {".".join(word.split(".")[1:]) for word in words}


def came(folder: Path) -> set[str]:
    """Files of a folder, the columns of its tables, the names in its JSON."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        found |= {"/".join(parts[start:]) for start in range(len(parts))}
        found.add(path.name.partition(".")[2])
        if path.suffix == ".parquet":
            found |= set(read_parquet(path).schema.names)
        elif path.suffix == ".csv":
            found |= set(path.read_text("utf-8").partition("\n")[0].split(","))
        elif path.suffix == ".json":
            found |= set(re.findall(r'"(\w+)":', path.read_text("utf-8")))
    return found


@pytest.fixture(scope="module")
def store(astronaut, front_end, tmp_path_factory, request) -> Store:
    face = np.ascontiguousarray(astronaut[20:212, 96:352])
    folder = tmp_path_factory.mktemp("store")
    return Store(folder, face, request.getfixturevalue)


@pytest.fixture
def small_examples(monkeypatch):
    """Examples hold few and small pictures."""

    def few(persons: int = 3, **_) -> list:
        return drawn(persons, 2, size=96, each=1)

    drawn = example.recordings
    monkeypatch.setattr(example, "recordings", few)


@pytest.fixture
def signals():
    """What the command line does about signals ends with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, what in before.items():
        signal.signal(number, what)


@pytest.mark.parametrize("line", run_here())
def test_every_line_does_what_it_says(
    line: Line, store, small_examples, signals, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    text = f" {line.text}"
    for long, short in SHORTER.items():
        text = text.replace(long, short)
    words = Line(text.strip(), line.pages).words
    Scratch(tmp_path, store).lay(words)
    if words[1] == "train" and len(words) > 3:
        words += [word for change in quick(words[2]) for word in ("--set", change)]
    # A process of its own for each network: they are started in tests/comparison.
    monkeypatch.setattr("mien.comparison.costs.memory_of", lambda _: 12.0)
    if words[1] == "weights" and ("unpack" in words or "--from" in words):
        monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("MIEN_OFFLINE", "1")
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", words)
    code: object = 0
    try:
        cli.main()
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr()
    assert code in (0, None), said.err
    for option, path in pairwise(words):
        if re.fullmatch(r"-o|--out|--annotate|--mesh|--report", option):
            assert Path(path).exists(), path
    if line.text in COMES:
        there = came(tmp_path) | words_of(said.out + said.err)
        assert [word for word in COMES[line.text].split() if word not in there] == []
