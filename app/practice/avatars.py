"""Initials instead of portraits."""

from hashlib import sha256

from markupsafe import Markup

HUES = ("#8a4b2f", "#6a5a12", "#2f6b3a", "#0f6b6b", "#2f5d8a", "#4f4f9e", "#80457f", "#9a3b52")


def initials(name: str) -> str:
    """The first letters of the first and the last word."""
    words = ["".join(c for c in word if c.isalnum()) for word in name.split()]
    words = [word for word in words if word]
    return ("".join(word[0] for word in (words[:1] + words[1:][-1:])) or "?").upper()


def hue(username: str) -> int:
    """Which of the colours is this person's."""
    return sha256(username.encode()).digest()[0] % len(HUES)


def drawn(name: str, username: str) -> str:
    """The initials as SVG, white on the person's colour."""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
        '<rect width="96" height="96" fill="{}"/><text x="48" y="61" text-anchor="middle" fill="#fff"'
        ' font-family="system-ui,sans-serif" font-size="36" font-weight="600">{}</text></svg>'
    ).format(HUES[hue(username)], initials(name))
