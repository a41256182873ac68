"""The page in a real browser: boxes drawn, classes picked, labels on the disk."""

import json

import numpy as np
import pytest

from mien.data.yolo_labels import read_labels
from tests.labelling.browser import Browser, find_browser
from tests.labelling.conftest import NAMES

SEEN = "app.ready && app.tally"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    path = find_browser()
    if path is None:
        pytest.skip("needs a browser such as chromium")
    one = Browser(path, tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture
def page(browser, served):
    """The page, just opened; in the end nothing may have gone wrong in it."""
    browser.open("about:blank")
    browser.until("location.href === 'about:blank'")  # the page of before says no more
    browser.requests.clear()
    browser.troubles.clear()
    browser.open(served.address)
    browser.until(SEEN)
    yield browser
    browser.until("!saving.busy")
    assert browser.troubles == []
    assert all(url.startswith((served.address, "about:", "data:")) for url in browser.requests)


def place(page, x, y):
    """Where a point of the picture, in shares, is seen."""
    left, top, width, height = page.run(
        "(({left, top, width, height}) => [left, top, width, height])"
        "(document.getElementById('boxes').getBoundingClientRect())"
    )
    return left + x * width, top + y * height


def saved(page, folder, name):
    page.until("!saving.busy")
    return read_labels(folder / f"{name}.txt", len(NAMES))


def go(page, number):
    page.run(f"show({number})")
    page.until(f"app.number === {number} && {SEEN}")


def test_a_key_confirms_the_face_that_was_found_and_goes_on(page, folder):
    assert page.run("app.boxes.length") == 1
    page.key("2")
    page.until(f"app.number === 1 && {SEEN}")
    np.testing.assert_allclose(saved(page, folder, "1"), [[1, 0.5, 0.5, 0.5, 0.5]], atol=1e-6)
    assert page.run("document.querySelectorAll('#classes .left')[1].textContent") == "1, 19 left"
    assert (folder / "train.txt").read_text() == "./1.png\n"


def test_a_box_is_drawn_moved_resized_and_given_a_class(page, folder):
    page.key("Delete")
    page.until("!saving.busy && app.boxes.length === 0")
    page.drag(place(page, 0.1, 0.2), place(page, 0.3, 0.3), place(page, 0.5, 0.6))
    page.until("app.boxes.length === 1")
    assert page.run("app.boxes[0].c") is None
    page.drag(place(page, 0.3, 0.4), place(page, 0.35, 0.45), place(page, 0.5, 0.5))
    page.drag(place(page, 0.7, 0.7), place(page, 0.75, 0.75), place(page, 0.9, 0.8))
    page.run("document.querySelector('#classes button').click()")
    page.until(f"app.number === 1 && {SEEN}")
    np.testing.assert_allclose(saved(page, folder, "1"), [[0, 0.6, 0.55, 0.6, 0.5]], atol=0.004)


def test_the_edge_of_the_picture_stops_a_box(page):
    page.drag(place(page, 0.5, 0.5), place(page, 0.9, 0.9), place(page, 1.2, 1.3))
    box = page.run("app.boxes[0]")
    assert (box["x1"], box["y1"]) == pytest.approx((1, 1))
    assert box["x0"] == pytest.approx(0.5, abs=1e-6)


def test_a_click_is_no_box(page):
    page.drag(place(page, 0.05, 0.05))
    page.drag(place(page, 0.5, 0.5))
    assert page.run("app.boxes.length") == 1
    assert page.run("saving.busy || app.past.length > 0") is False


def test_keys_alone_do_everything(page, folder):
    page.key("ArrowRight")
    page.until(f"app.number === 1 && {SEEN}")
    page.key("b")
    for _ in range(4):
        page.key("d")
    page.key("W", 8)
    page.key("w")
    page.key("1")
    assert page.run("app.chosen") == 0
    page.key("Tab")
    page.key("Tab")
    page.key("ArrowDown")
    page.key("Tab")
    page.key("ArrowUp")
    page.until("!saving.busy && app.states[1] === 'labelled'")
    boxes = saved(page, folder, "10")
    assert boxes[:, 0].tolist() == [0, 1]
    assert boxes[0, 1] == pytest.approx(0.5)
    assert boxes[1, 1] == pytest.approx(0.5 + 4 * 0.006 * 60 / 80, abs=1e-5)
    assert boxes[1, 2] == pytest.approx(0.5 - 0.006, abs=1e-5)
    assert boxes[1, 4] == pytest.approx(0.3 + 2 * 0.006, abs=1e-5)
    page.key(" ")
    page.until(f"app.number === 2 && {SEEN}")
    page.key("ArrowLeft")
    page.until(f"app.number === 1 && {SEEN}")
    assert page.run("app.boxes.map((box) => box.c)") == [0, 1]
    page.key("ArrowLeft")
    page.until(f"app.number === 0 && {SEEN}")
    page.key(" ")
    page.until(f"app.number === 2 && {SEEN}")


def test_undo_and_redo_across_pictures(page, folder):
    page.key("1")
    page.until(f"app.number === 1 && {SEEN}")
    page.key("n")
    page.until(f"app.number === 2 && {SEEN}")
    assert saved(page, folder, "10").shape == (0, 5)
    assert (folder / "10.txt").exists()
    page.key("z")
    page.until(f"app.number === 1 && {SEEN} && app.boxes.length === 1")
    assert not (folder / "10.txt").exists()
    page.key("z", 2)
    page.until(f"app.number === 0 && {SEEN} && app.boxes[0].c === null")
    assert not (folder / "1.txt").exists()
    assert page.run("app.tally.open") == 5
    page.key("y")
    page.until("app.boxes[0].c === 0 && !saving.busy")
    assert saved(page, folder, "1")[0, 0] == 0


def test_skip_and_back_again(page, folder):
    page.key("x")
    page.until(f"app.number === 1 && {SEEN}")
    page.key("ArrowLeft")
    page.until(f"app.number === 0 && {SEEN}")
    assert page.run("document.getElementById('badge').textContent").startswith("skipped")
    page.key("x")
    page.until("!saving.busy && app.states[0] === 'open'")
    assert page.run("app.tally.skipped") == 0


def test_faces_as_they_were_found_begin_anew(page, folder):
    page.run("document.getElementById('onward').click()")
    page.key("1")
    page.until("app.states[0] === 'labelled'")
    page.key("f")
    page.until("app.states[0] === 'open' && !saving.busy")
    assert page.run("app.boxes.map((box) => box.c)") == [None]
    assert not (folder / "1.txt").exists()
    assert json.loads((folder / "annotate.json").read_text())["drafts"] == {}


def test_a_picture_that_cannot_be_read_is_told_and_can_be_skipped(page, folder):
    (folder / "more" / "1.png").write_bytes(b"no")
    page.run("show(4)")
    page.until("app.number === 4 && !document.getElementById('fault').hidden")
    assert "not a picture" in page.run("document.getElementById('fault').textContent")
    page.key("1")
    page.key("b")
    page.key("x")
    page.until("app.states[4] === 'skipped'")
    page.until(f"app.number === 0 && {SEEN}")


def test_what_cannot_be_saved_is_told_and_sent_again(page, folder):
    (folder / "1.txt").mkdir()
    page.key("1")
    page.until("document.getElementById('said').className === 'warn'")
    assert "is a folder" in page.run("document.getElementById('said').textContent")
    assert page.run("saving.busy") is True
    (folder / "1.txt").rmdir()
    go(page, 1)
    page.key("2")
    page.until("!saving.busy")
    assert saved(page, folder, "1")[0, 0] == 0
    assert saved(page, folder, "10")[0, 0] == 1
    page.troubles.clear()  # the browser notes answers that refuse


def test_all_keys_of_the_legend_fit_and_buttons_can_be_reached(page):
    assert page.run("document.querySelectorAll('#keys div').length") == 10
    page.key("Escape")
    assert page.run("document.activeElement.closest('#classes') !== null") is True
    page.key("Escape")
    assert page.run("document.activeElement.id") == "stage"


def test_done_says_how_far_it_is(page, served):
    page.key("1")
    page.until(f"app.number === 1 && {SEEN}")
    page.run("document.getElementById('done').click()")
    page.until("app.closed")
    said = page.run("document.getElementById('sum').textContent")
    assert said == "1 picture is finished: 1 to train with, 0 held out; 4 are left."
