"""`python -m app.assets build`: make what the browser gets, and say what it weighs."""

import sys

from app.assets.build import SourceMissing, build


def main(arguments: list[str]) -> int:
    """Build, then print one line per file: its name and its bytes, plain and gzipped."""
    if arguments != ["build"]:
        sys.stderr.write("Usage: python -m app.assets build\n")
        return 2
    try:
        made = build()
    except SourceMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    for item in made:
        sys.stdout.write(f"{item.name:<10} {item.size:>7} bytes {item.gzipped:>6} gzipped  {item.served_as}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
