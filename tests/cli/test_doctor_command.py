"""mien doctor on the command line: the report, its JSON, and how it ends."""

import json

import pytest

from mien.doctor import examine, patterns
from mien.doctor.golden import read_golden
from mien.doctor.patterns import Asked


def test_a_well_installation_ends_with_0(mien_command, front_end, astronaut, monkeypatch):
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    golden = read_golden().patterns  # networks are really asked in tests/doctor
    monkeypatch.setattr(
        examine, "_ask", lambda _, names: {name: Asked(golden[name], 1.0, False) for name in names}
    )
    ended = mien_command("doctor", "--seconds", "0", "--json", "-q")
    told = json.loads(ended.out)
    assert (ended.code, ended.err, told["well"]) == (0, "", True)
    assert {one["licence"] for one in told["networks"]} == {"Apache-2.0"}
    assert all(one["right"] for one in told["golden"])
    assert told["machine"]["settings"][0] == "MIEN_OFFLINE=1"


def test_a_broken_one_ends_with_1_and_says_the_cure(mien_command, monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    monkeypatch.setattr(patterns, "ROUNDS", 1)
    ended = mien_command("doctor", "--seconds", "0")
    assert ended.code == 1
    assert ended.err == "examining this installation, 5 s or more\n"
    last = ended.out.splitlines()[-1]
    assert last.startswith("1. face-short, face-full, face-mesh cannot be used: not in the cache")
    assert "mien weights unpack" in last
    assert str(tmp_path) not in ended.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "3601"])
def test_a_speed_test_without_an_end_is_refused(mien_command, monkeypatch, seconds):
    monkeypatch.setattr("mien.doctor.examine.examine", None)
    ended = mien_command("doctor", "--seconds", seconds, "-q")
    assert ended.code == 2
    assert "--seconds" in ended.err
