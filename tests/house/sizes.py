"""Refuses files over 200 kB; run by pre-commit with the names of the files to be committed."""

import sys
from pathlib import Path

LIMIT = 200_000

if __name__ == "__main__":
    large = [name for name in sys.argv[1:] if Path(name).stat().st_size > LIMIT]
    for name in large:
        print(f"{name} is over {LIMIT // 1000} kB; only networks in weights/files may be")
    sys.exit(1 if large else 0)
