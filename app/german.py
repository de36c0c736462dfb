"""German puts an article before a network whose name is a word: "auf dem Übungsnetzwerk", but "auf Mastodon".

A sentence has one blank for every network and cannot know which one will stand there, so the article comes when the blank is filled.
"""

import re

NAME = "Übungsnetzwerk"
# What stands before the blank in our sentences, and what it becomes.
WITH_ARTICLE = {
    "aber": "aber das",
    "als": "als das",
    "an": "an das",
    "auf": "auf dem",
    "bei": "beim",
    "für": "für das",
    "hat": "hat das",
    "und": "und dem",  # "auf Mastodon und dem Übungsnetzwerk"
    "von": "vom",
    "wie": "wie das",
    "zu": "zum",
    "öffne": "öffne das",
}
BEFORE = re.compile(rf"\b({'|'.join(WITH_ARTICLE)}) (?={NAME}\b)", re.IGNORECASE)
# At the beginning of a sentence it is who acts; before a button's verb ("Übungsnetzwerk verbinden") it needs no article.
SUBJECT = re.compile(rf"(^|[.:?!]\s+){NAME} (?=(?:antwortet|bittet|erlaubt|hat|hatte|ist|konnte|lässt|nimmt|sagt|war)\b)")


def with_article(said: str) -> str:
    """A finished German sentence as one would say it; others come back as they are."""
    if NAME not in said:
        return said
    return SUBJECT.sub(rf"\1Das {NAME} ", BEFORE.sub(_join, said))


def _join(found: re.Match[str]) -> str:
    word = found[1]
    joined = WITH_ARTICLE[word.lower()]
    return f"{word[0]}{joined[1:]} "
