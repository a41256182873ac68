"""Writes the golden numbers of mien doctor anew, after a network was changed.

Run it where the networks are known to be right: python tests/house/golden.py
"""

import json
import sys

from mien.doctor.chain import read_photo
from mien.doctor.golden import GOLDEN
from mien.doctor.patterns import ask
from mien.doctor.photo import find_photo
from mien.weights.store import open_store


def golden() -> dict[str, object]:
    """The numbers as the file has them."""
    store = open_store()
    networks = {**store.catalog.fetched, **store.catalog.shipped}
    photo = find_photo()
    if photo is None:
        sys.exit('the photograph is needed: pip install "mien[demo]"')
    [face] = read_photo(photo, store)
    return {
        "networks": {name: one.sha256 for name, one in networks.items()},
        "patterns": {name: ask(store.model_path(name)).answers for name in networks},
        "photo": {name: round(value, 4) for name, value in face.items()},
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
