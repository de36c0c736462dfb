"""The Chromium of the browser tests: found, or installed. `python -m tests.chromium` prints its path."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
MISSING = 'No Chromium for the browser tests: install one, set CHROMIUM to it, or run `python3 run.py test -m "not browser"`.'


class NoChromium(Exception):
    """There is none and none can be installed; the message says what to do."""


def chromium() -> str:
    """The path of a Chromium, installed first when there is none (by one process at a time); raises NoChromium."""
    found = find()
    if found:
        return found
    with (Path(tempfile.gettempdir()) / "outspoken-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = find() or _install()
    if not found:
        raise NoChromium(MISSING)
    return found


def find() -> str:
    """One that the person names, one of the system, or one that Playwright fetched before; empty when there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *NAMES, MAC):
        found = shutil.which(name) if name else None
        if found:
            return found
    return _of_playwright()


def _of_playwright() -> str:
    for cache in (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright"):
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
            for path in sorted(cache.glob(pattern), reverse=True):
                return str(path)
    return ""


def _install() -> str:
    """From the system's packages when we may, else Playwright's own."""
    print("installing Chromium for the browser tests ...", file=sys.stderr, flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], env=quiet, stdout=subprocess.DEVNULL, check=False)
        install = ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"]
        subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdout=subprocess.DEVNULL, check=False)
    return find()


if __name__ == "__main__":
    try:
        print(chromium())
    except NoChromium as missing:
        sys.exit(str(missing))
