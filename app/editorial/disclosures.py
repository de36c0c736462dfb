"""The words that say "I work there": one catalogue, per language and network. They stand at the beginning of every share."""

WORDS = {
    "en": "I work at {company}.",
    "de": "Ich arbeite bei {company}.",
}
# Where there is room, the sentence announces itself.
ROOMY_WORDS = {
    "en": "Full disclosure: I work at {company}.",
    "de": "Ganz offen: Ich arbeite bei {company}.",
}
ROOMY = frozenset({"linkedin", "facebook", "xing", "email"})
LONGEST_NAME = 80


def disclosure(language: str, network: str | None, company: str) -> str:
    """The sentence in the post's language (English where we have no other), in the form that fits the network."""
    catalogue = ROOMY_WORDS if network in ROOMY else WORDS
    words = catalogue.get(language, catalogue["en"])
    return words.format(company=" ".join(company.split())[:LONGEST_NAME])
