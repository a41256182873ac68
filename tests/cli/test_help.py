"""Every command explains itself."""

import pytest

COMMANDS = [
    [],
    ["analyze"],
    ["evaluate"],
    ["export"],
    ["animate"],
    ["annotate"],
    ["explain"],
    ["live"],
    ["weights"],
    ["weights", "list"],
    ["weights", "fetch"],
    ["weights", "verify"],
    ["weights", "pack"],
    ["weights", "unpack"],
    ["datasets"],
    ["datasets", "list"],
    ["datasets", "check"],
    ["datasets", "prepare"],
    ["datasets", "example"],
    ["datasets", "synthesize"],
    ["datasets", "ict"],
    ["datasets", "render"],
    ["datasets", "plant"],
    ["train"],
    ["train", "meshunits"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(mien_command, command):
    ended = mien_command(*command, "--help")
    assert ended.code == 0
    assert "Usage: mien" in ended.out
    assert len(ended.out.splitlines()) > 4


def test_version(mien_command):
    ended = mien_command("--version")
    assert ended.code == 0
    assert ended.out.startswith("mien 0.")
