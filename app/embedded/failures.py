"""Why a start failed: always one sentence that says what to do."""

import errno
import sys
from pathlib import Path


class StartFailed(Exception):
    """The product cannot start; the message is the sentence for the person at the terminal."""


class Stopped(Exception):
    """Somebody asked to stop while we were still starting; not a failure."""


FULL = "The disk of {place} is full: free some space, or choose another place with --data DIR."


def from_os(error: OSError, place: Path) -> StartFailed:
    """The sentence for what the operating system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartFailed(FULL.format(place=place))
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StartFailed(f"{place} is not writable for you: choose another place with --data DIR.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return StartFailed(f"{place} is not a directory: choose another place with --data DIR.")
    return StartFailed(f"{place} cannot be used ({error.strerror}): choose another place with --data DIR.")


def install_hint(debian: str, brew: str, alpine: str, fedora: str) -> str:
    """The install command for the system we are on."""
    if sys.platform == "darwin":
        return f"brew install {brew}"
    if Path("/etc/alpine-release").exists():
        return f"apk add {alpine}"
    if Path("/etc/redhat-release").exists():
        return f"dnf install {fedora}"
    return f"apt-get install {debian}"
