"""Make sure the browser of the e2e tests is there: install Debian's chromium when allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

COMMAND = "apt-get update && apt-get install -y chromium fonts-noto-cjk"


def main() -> int:
    """0 when there is a browser, 1 with the one command to run when there is none."""
    if shutil.which("chromium"):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Debian's chromium for the browser tests ...", flush=True)
        done = subprocess.run(
            COMMAND, shell=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode == 0 and shutil.which("chromium"):
            return 0
    print(f"The browser tests need chromium. Run: sudo sh -c '{COMMAND}'", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
