"""Run every benchmark of this folder, one after another; each prints JSON, one object a line.

`make bench ARGS="ledger auction"` runs only those named.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Exit code 1 if any of them failed."""
    found = {path.stem: path for path in sorted(HERE.glob("*.py")) if path.stem != "run"}
    unknown = sorted(set(names) - set(found))
    if unknown:
        print(f"No benchmark named {unknown}; there are {sorted(found)}.", file=sys.stderr)
        return 2
    failed = []
    for name in names or found:
        print(f"# {name}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, str(found[name])], cwd=HERE.parent, check=False)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {failed}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
