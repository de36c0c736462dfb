"""How a text is called where there is no room for all of it."""


def clipped(text: str, length: int) -> str:
    """The beginning on one line, in at most so many characters: whole words and "…", unless a word has no end."""
    words = " ".join(text.split())
    if len(words) <= length:
        return words
    whole = words[:length].rpartition(" ")[0].rstrip(" .,:;–-")
    return (whole if len(whole) > length // 2 else words[: length - 1].rstrip()) + "…"
