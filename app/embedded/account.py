"""Who the servers run as: ourselves, or an unprivileged account when we are root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.embedded.failures import StartFailed


@dataclass(frozen=True)
class Account:
    """An account of this machine that owns nothing of ours."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to drop to, or None when we are an ordinary user already (PostgreSQL refuses to run as root)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise StartFailed("PostgreSQL does not run as root and there is no account `nobody` here: start as an ordinary user.")


def may_enter(account: Account | None, path: Path) -> bool:
    """Whether the account may search this directory or run this file; asked of the kernel, as that account."""
    if account is None:
        return os.access(path, os.X_OK)
    test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(test, cwd="/", user=account.uid, group=account.gid, extra_groups=[], check=False).returncode == 0


def give(account: Account | None, path: Path) -> None:
    """Hand one file or directory to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
