"""Every command explains itself."""

import pytest
from typer.main import get_command

from mien import cli


def every(command, path=()):
    """The words of a command and of all commands below it."""
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from every(below, (*path, name))


COMMANDS = list(every(get_command(cli.app)))


def test_the_commands_are_those_of_the_app():
    assert {(), ("analyze",), ("compare",), ("datasets",), ("datasets", "boxes")} < {*COMMANDS}


@pytest.mark.parametrize("command", [*COMMANDS, ("train", "meshunits")], ids=" ".join)
def test_help(mien_command, command):
    ended = mien_command(*command, "--help")
    assert ended.code == 0
    assert " ".join(("Usage: mien", *command[:2])).removesuffix(" meshunits") in ended.out
    assert len(ended.out.splitlines()) > 4


def test_version(mien_command):
    ended = mien_command("--version")
    assert ended.code == 0
    assert ended.out.startswith("mien 0.")
