"""What a plain installation weighs, and what the door costs."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import cost_of

REPOSITORY = Path(__file__).parent.parent
HELP = """
import sys
sys.argv = ["mien", "--help"]
import mien.cli
try:
    mien.cli.main()
except SystemExit:
    pass
"""


def megabytes(folder: Path) -> float:
    """Size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Print the installed size of the reading half, its largest parts, and the cost of --help."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        python = environment / "bin" / "python"
        install = [str(python), "-m", "pip", "install", "--quiet", str(REPOSITORY)]
        subprocess.run([*install, "-c", str(REPOSITORY / "constraints.txt")], check=True)
        site = next(environment.glob("lib/python*/site-packages"))
        parts = sorted(
            ((megabytes(path), path.name) for path in site.iterdir() if path.is_dir()), reverse=True
        )
        print(f"  plain installation: {megabytes(environment):.0f} MB")
        print("  " + ", ".join(f"{name} {size:.0f}" for size, name in parts[:9]))
        cost = min(cost_of(HELP, python=python).cpu for _ in range(5))
        print(f"  mien --help: {cost:.2f} s of CPU time (least of five)")
