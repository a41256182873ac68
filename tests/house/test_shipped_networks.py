"""The catalogue knows the networks that we ship."""

import re

import pytest

from mien.weights.cache import hash_of
from mien.weights.catalog import FILES, read_catalog


@pytest.mark.parametrize("name", read_catalog().shipped)
def test_size_and_hash_are_those_of_the_file(name):
    network = read_catalog().shipped[name]
    data = (FILES / network.file).read_bytes()
    wanted = f'size = {len(data)}\nsha256 = "{hash_of(data)}"'
    found = f'size = {network.size}\nsha256 = "{network.sha256}"'
    assert found == wanted, f"put this under [shipped.{name}] of catalog.toml:\n{wanted}"


def test_every_network_in_the_folder_is_listed():
    listed = {network.file for network in read_catalog().shipped.values()}
    assert {path.name for path in FILES.glob("*.onnx")} == listed


def test_fetched_networks_are_pinned():
    catalog = read_catalog()
    assert "==" in catalog.package.requirement
    for network in catalog.fetched.values():
        assert re.fullmatch("[0-9a-f]{64}", network.sha256)
        assert network.size > 0
