"""The page's server: what it gives, and to whom it gives nothing."""

import json
import threading
from http.client import HTTPConnection
from urllib.request import urlopen

import pytest

from mien.errors import InputError
from mien.labelling.pages import page
from mien.labelling.server import HOST, LARGEST_BODY, Server
from mien.labelling.shown import Viewer
from mien.labelling.work import Work
from tests.labelling.conftest import NAMES

BOX = [1, 0.5, 0.5, 0.2, 0.4]


class Asked:
    """A request as any program may send it, and its answer."""

    def __init__(self, server, method, path, body=None, **headers):
        connection = HTTPConnection(HOST, server.server_port, timeout=20)
        connection._encode_request = str.encode  # any bytes may come
        connection.putrequest(method, path, skip_host=True)
        own = {"Host": f"{HOST}:{server.server_port}"}
        if method == "POST":
            own |= {"Origin": f"http://{own['Host']}", "Content-Type": "application/json"}
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            own["Content-Length"] = str(len(data))
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in own.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        if method == "POST":
            connection.send(data)
        answer = connection.getresponse()
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        connection.close()

    @property
    def json(self):
        return json.loads(self.body)


def at(server, place):
    return f"/{server.token}/{place}"


def save(server, **headers):
    body = {"boxes": [BOX], "skipped": False}
    return Asked(server, "POST", at(server, "save/0"), body, **headers)


def test_the_page_needs_nothing_else(served):
    with urlopen(served.address, timeout=20) as answer:
        text = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert text.count(f'nonce="{nonce}"') == 2
    assert "NONCE" not in text
    assert "/* SCRIPT */" not in text
    assert " src=" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert page()[1] != policy


def test_state_look_and_picture(served):
    state = Asked(served, "GET", at(served, "state")).json
    assert state["classes"] == list(NAMES)
    assert state["states"] == ["open"] * 5
    assert state["tally"]["open"] == 5
    look = Asked(served, "GET", at(served, "look/4")).json
    assert look["size"] == [80, 60]
    assert look["faces"] == [[0.5, 0.5, 0.5, 0.5]]
    assert look["boxes"] is None
    shown = Asked(served, "GET", at(served, "picture/4"))
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.body[:2] == b"\xff\xd8"


def test_a_change_is_kept(served, folder):
    said = save(served)
    assert said.status == 200
    assert said.json["state"] == "labelled"
    assert said.json["tally"]["pictures"] == [0, 1]
    assert (folder / "1.txt").read_text() == "1 0.500000 0.500000 0.200000 0.400000\n"
    assert Asked(served, "GET", at(served, "look/0")).json["boxes"] == [BOX]
    assert (
        Asked(served, "POST", at(served, "save/0"), {"boxes": None, "skipped": False}).json[
            "tally"
        ]["open"]
        == 5
    )
    assert not (folder / "1.txt").exists()


def test_a_picture_that_cannot_be_read(served, folder):
    (folder / "2.png").write_bytes(b"no")
    assert "not a picture" in Asked(served, "GET", at(served, "look/2")).json["fault"]
    assert Asked(served, "GET", at(served, "picture/2")).status == 404


@pytest.mark.parametrize("place", ["", "state", "look/0", "picture/0"])
@pytest.mark.parametrize("token", ["", "guess", "x" * 43, "%00", "é"])
def test_a_wrong_token_gives_nothing(served, token, place):
    refused = Asked(served, "GET", f"/{token}/{place}")
    assert refused.status == 403
    assert list(refused.json) == ["fault"]


def test_a_change_with_a_wrong_token_changes_nothing(served, folder):
    assert Asked(served, "POST", "/guess/save/0", {"boxes": [], "skipped": False}).status == 403
    assert Asked(served, "POST", f"/{served.token[:-1]}/done", {}).status == 403
    assert not (folder / "1.txt").exists()


def test_the_token_cannot_be_guessed(served, folder):
    with Server(Work(folder, NAMES), Viewer(None)) as other:
        assert other.token != served.token
    assert len(served.token) >= 43


@pytest.mark.parametrize("host", ["evil.example", "evil.example:PORT", "127.0.0.1", "", None])
def test_another_host_is_refused(served, host):
    host = host and host.replace("PORT", str(served.server_port))
    for place in ("", "state", "picture/0"):
        assert Asked(served, "GET", at(served, place), Host=host).status == 403
    assert save(served, Host=host).status == 403


def test_localhost_is_this_machine(served):
    assert (
        Asked(served, "GET", at(served, "state"), Host=f"localhost:{served.server_port}").status
        == 200
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "https://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_change_from_another_page_is_refused(served, folder, headers):
    assert save(served, **headers).status == 403
    assert not (folder / "1.txt").exists()
    assert not (folder / "annotate.json").exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_may_send_is_refused(served, folder, kind):
    assert save(served, Content_Type=kind).status == 415
    assert not (folder / "annotate.json").exists()


@pytest.mark.parametrize(
    "place",
    [
        "picture/../../etc/passwd",
        "picture/..%2f..%2fetc%2fpasswd",
        "../forty/1.png",
        "/etc/passwd",
        "1.png",
        "picture/1.png",
        "picture/-1",
        "picture/5",
        "picture/٣",
        "picture/" + "9" * 5000,
        "look/",
        "save/0",
        "state/",
    ],
)
def test_nothing_but_pictures_by_number(served, place):
    path = at(served, place)
    assert Asked(served, "GET", path).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b"[]", 400),
        (b'{"boxes": []}', 400),
        (b'{"boxes": [], "skipped": 1}', 400),
        (b'{"boxes": [[0, 1, 1, 1]], "skipped": false}', 400),
        (b'{"boxes": [[true, 0.5, 0.5, 0.1, 0.1]], "skipped": false}', 400),
        (b'{"boxes": [["0", 0.5, 0.5, 0.1, 0.1]], "skipped": false}', 400),
        (b'{"boxes": [[0, 0.5, 0.5, 0.1, NaN]], "skipped": false}', 400),
        (b'{"boxes": [[0, 0.5, 0.5, 0.1, 1' + b"0" * 500 + b']], "skipped": false}', 400),
        (b'{"boxes": [[9, 0.5, 0.5, 0.1, 0.1]], "skipped": false}', 409),
        (b'{"boxes": [[0, 0.5, 0.5, 0, 0.1]], "skipped": false}', 409),
    ],
)
def test_what_is_no_answer_is_refused(served, folder, body, status):
    refused = Asked(served, "POST", at(served, "save/0"), body)
    assert refused.status == status
    assert "expected" in refused.json["fault"]
    assert not (folder / "1.txt").exists()


@pytest.mark.parametrize(
    ("length", "status"),
    [(None, 411), ("many", 411), (str(LARGEST_BODY + 1), 413), ("9" * 30, 413)],
)
def test_a_length_that_is_none_or_too_large(served, length, status):
    assert save(served, Content_Length=length).status == status


def test_nothing_is_logged(served, capfd):
    Asked(served, "GET", at(served, "state"))
    Asked(served, "GET", "/guess/")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_a_browser_that_goes_away_is_no_news_and_a_fault_of_ours_is(served, capfd):
    for error, told in ((ConnectionResetError("gone"), False), (ValueError("ours"), True)):
        try:
            raise error
        except (ConnectionError, ValueError):
            served.handle_error(None, ("127.0.0.1", 1))
        assert (str(error) in capfd.readouterr().err) is told


def test_done_ends_it(folder):
    with Server(Work(folder, NAMES), Viewer(None)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert Asked(server, "POST", at(server, "done"), {}).json["tally"]["open"] == 5
        thread.join(20)
        assert not thread.is_alive()


def test_it_listens_on_this_machine_only(served):
    assert served.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken(served, folder):
    with pytest.raises(InputError, match=r"port \d+ is taken; name another with --port"):
        Server(Work(folder, NAMES), Viewer(None), port=served.server_port)
