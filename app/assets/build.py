"""From the npm packages and our sources to four files that the browser gets.

No bundler: style sheets are put behind each other in layers, scripts are wrapped so that their names stay apart, and the icons that
`icons.txt` names become one sprite.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "app/static/src"
DIST = ROOT / "app/static/dist"
PACKAGES = ROOT / "node_modules"
KIT = "bootstrap/dist/css/bootstrap-reboot.min.css"
HTMX = "htmx.org/dist/htmx.min.js"
ICONS = "bootstrap-icons/icons"
LAYERS = "@layer kit,tokens,base,shell,parts,pages,fit;"


class SourceMissing(Exception):
    """A file that the build needs is not there; the message says what to do."""


@dataclass(frozen=True)
class Made:
    """One finished file: the name that templates use, the name under which it is served, and its bytes."""

    name: str
    served_as: str
    size: int
    gzipped: int


def build(packages: Path = PACKAGES, dist: Path = DIST) -> list[Made]:
    """Write all assets and their manifest into `dist`, replacing what was there. Raises SourceMissing before it writes anything."""
    contents = {
        "app.css": style_sheet(packages),
        "app.js": script(packages),
        "theme.js": minify_script(_read(SOURCE / "js/theme.js")),
        "sprite.svg": sprite(packages),
        "favicon.svg": _read(SOURCE / "favicon.svg"),
    }
    dist.mkdir(parents=True, exist_ok=True)
    made = [_write(dist, name, content.encode()) for name, content in contents.items()]
    _forget_old(dist, {item.served_as for item in made})
    _write_manifest(dist, made)
    return made


def style_sheet(packages: Path) -> str:
    """The kit and our own sheets as one, the kit in the lowest layer so that a plain selector of ours always wins."""
    kit = _read(packages / KIT).split("/*# sourceMappingURL", maxsplit=1)[0].removeprefix('@charset "UTF-8";')
    ours = "".join(minify_css(_read(path)) for path in sorted((SOURCE / "css").glob("*.css")))
    return f"{LAYERS}@layer kit{{{kit.strip()}}}{ours}"


def script(packages: Path) -> str:
    """htmx and our own modules, each in a scope of its own."""
    modules = (path for path in sorted((SOURCE / "js").glob("*.js")) if path.name != "theme.js")
    ours = "\n".join(f"(() => {{\n{minify_script(_read(path))}\n}})();" for path in modules)
    return f"{_read(packages / HTMX).strip()}\n{ours}\n"


def sprite(packages: Path) -> str:
    """Every icon that `icons.txt` names, as a symbol under our name for it."""
    symbols = "".join(_symbol(name, _read(packages / ICONS / f"{file}.svg")) for name, file in icon_names())
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def icon_names() -> Iterator[tuple[str, str]]:
    """Pairs of (our name, the set's file name) from `icons.txt`; one word on a line means that both are the same."""
    for line in _read(SOURCE / "icons.txt").splitlines():
        words = line.split("#", maxsplit=1)[0].split()
        if words:
            yield words[0], words[-1]


def minify_css(text: str) -> str:
    """Take out comments (not licences) and needless white space."""
    text = re.sub(r"/\*(?!!).*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r" ?([{};,]) ?", r"\1", text).replace(": ", ":")
    return text.replace(";}", "}").strip()


def minify_script(text: str) -> str:
    """Take out indentation, empty lines and comments that have a line of their own."""
    lines = (line.strip() for line in re.sub(r"^\s*/\*.*?\*/", "", text, flags=re.DOTALL | re.MULTILINE).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _symbol(name: str, svg: str) -> str:
    drawn = re.search(r"<svg[^>]*>(.*)</svg>", svg, flags=re.DOTALL)
    if drawn is None:
        raise SourceMissing(f"The icon {name} is not a picture that we can read.")
    shapes = re.sub(r">\s+<", "><", drawn[1].strip())
    return f'<symbol id="{name}" viewBox="0 0 16 16">{shapes}</symbol>'


def _write(dist: Path, name: str, content: bytes) -> Made:
    stem, _, ending = name.rpartition(".")
    served_as = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{ending}"
    (dist / served_as).write_bytes(content)
    return Made(name, served_as, len(content), len(gzip.compress(content, 9, mtime=0)))


def _forget_old(dist: Path, keep: set[str]) -> None:
    for path in dist.iterdir():
        if path.is_file() and path.name not in keep:
            path.unlink()


def _write_manifest(dist: Path, made: list[Made]) -> None:
    (dist / "manifest.json").write_text(json.dumps({item.name: item.served_as for item in made}), encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SourceMissing(f"{path.name} is missing in {path.parent}. Run `npm ci` first, then build again.") from error
