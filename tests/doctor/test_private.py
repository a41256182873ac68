"""A report names no person, no folder, no file and no machine."""

import platform
import tempfile
from pathlib import Path

import pytest

from mien.doctor.examine import Wanted, examine
from mien.doctor.photo import find_photo
from mien.doctor.private import impersonal, places

HOME = "/home/anna.schmidt"
KNOWN = {"/data/Secret Study 7/cache": "<cache>", HOME: "~"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HOME}/clips/patient_9.mp4 cannot be read", "~ cannot be read"),
        (f"open '{HOME}/a.onnx': no", "open '~': no"),
        ("/data/Secret Study 7/cache/weights/x.onnx is damaged", "<cache> is damaged"),
        ("from file /mnt/uni/klinik/face.onnx:12", "from file <path>:12"),
        (r"C:\Users\Bea\x.onnx lacks", "<path> lacks"),
        (r"\\server\share\x lacks", "<path> lacks"),
        ("[Errno 13] no: '/srv/My Patients/x y.png'", "[Errno 13] no: <path>"),
        ("index http://bea:pw@proxy.uni.example/simple failed", "index <address> failed"),
        ("file:///srv/x.whl", "<address>"),
        ("numpy>=2.1 and 3/4 of 0.2 ms; and/or", "numpy>=2.1 and 3/4 of 0.2 ms; and/or"),
        ("/home/anna.schmidt2/x", "<path>"),
        ("run `mien weights fetch`", "run `mien weights fetch`"),
    ],
)
def test_places_and_addresses_are_taken_out(text, told):
    assert impersonal(text, KNOWN) == told


def test_the_user_and_the_machine_are_taken_out(monkeypatch):
    monkeypatch.setenv("LOGNAME", "bschmidt")
    monkeypatch.setattr(platform, "node", lambda: "lab-pc-7.klinik.example")
    said = impersonal("BSchmidt on lab-pc-7, lab-pc-7.klinik.example; bschmidts stay", {})
    assert said == "<user> on <machine>, <machine>; bschmidts stay"
    monkeypatch.setenv("LOGNAME", "mien")  # a word of ours says nothing
    assert impersonal("mien 0.1.0", {}) == "mien 0.1.0"


def test_own_folders_are_known(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "anna"))
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "My cache"))
    known = places()
    assert known[str(tmp_path / "anna")] == "~"
    assert known[str(tmp_path / "My cache")] == "<cache>"
    assert known[tempfile.gettempdir()] in ("<temporary>", "<here>")
    lengths = [len(folder) for folder in known]
    assert lengths == sorted(lengths, reverse=True)


def test_a_report_of_a_broken_installation_names_nobody(store, tmp_path, monkeypatch, astronaut):
    person = tmp_path / "anna.schmidt"
    person.mkdir()
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("LOGNAME", "anna.schmidt")
    monkeypatch.setenv("MIEN_HOME", str(person / "Study 7" / "cache"))
    monkeypatch.setenv("MIEN_FACE_MODELS", str(person / "my models"))
    monkeypatch.setattr(platform, "node", lambda: "lab-pc-7")
    monkeypatch.chdir(person)

    def broken(*_, **__):
        raise OSError(13, "Permission denied", str(person / "clips" / "patient_9.mp4"))

    monkeypatch.setattr("mien.doctor.chain.read_photo", broken)
    monkeypatch.setattr(
        "mien.doctor.chain.measure",
        lambda *_: (_ for _ in ()).throw(RuntimeError(f"lab-pc-7: {Path.home()}/x is gone")),
    )
    seen = examine(store, Wanted(find_photo(), seconds=1))
    assert len(seen.broken) == 2
    for report in ("\n".join(seen.lines()), seen.to_json()):
        for secret in ("anna", "schmidt", "Study", "patient", "lab-pc", "clips", str(tmp_path)):
            assert secret not in report
        assert "MIEN_HOME" in report
        assert "Permission denied" in report
        assert "<machine>" in report
