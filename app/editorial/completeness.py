"""What a proposal needs before somebody reviews it: each thing that is missing has its field and its sentence."""

from collections.abc import Callable, Iterator
from datetime import date

from app.editorial.content import LANGUAGES, Content
from app.editorial.links import clean_link
from app.errors import Invalid, _

MAX_TEXT = 5000
MAX_WHY = 280
MAX_ALT = 1500
MAX_TITLE = 200

Gap = Invalid


def gaps(content: Content, *, today: date) -> list[Gap]:
    """Everything that is missing or too much, in the order of the page."""
    return [gap for check in CHECKS for gap in check(content, today)]


def _topic(content: Content, today: date) -> Iterator[Gap]:
    del today
    if not content["topic_id"]:
        yield Gap(_("Choose what it is about, so that it reaches the people who follow that topic."), field="topic_id")


def _why(content: Content, today: date) -> Iterator[Gap]:
    del today
    language = content["language"]
    if not content["why"][language]:
        yield Gap(_("Tell your colleagues in one sentence why this matters; they read it above your text."), field=f"why-{language}")
    for other in LANGUAGES:
        if len(content["why"][other]) > MAX_WHY:
            yield Gap(_("One sentence is enough here: at most 280 characters."), field=f"why-{other}")


def _texts(content: Content, today: date) -> Iterator[Gap]:
    del today
    language = content["language"]
    if not content["texts"][language]:
        yield Gap(_("There is no text yet. Write it first; a few sentences are enough."), field=f"text-{language}")
    for other in LANGUAGES:
        if len(content["texts"][other]) > MAX_TEXT:
            yield Gap(_("This text is longer than 5,000 characters; no network shows that much. Shorten it."), field=f"text-{other}")


def _variants(content: Content, today: date) -> Iterator[Gap]:
    del today
    for number, variant in enumerate(content["variants"]):
        field = f"variant-{number}-text"
        if len(variant["text"]) > MAX_TEXT:
            yield Gap(_("This wording is longer than 5,000 characters; no network shows that much. Shorten it."), field=field)
        elif variant["text"] and not content["texts"][variant["language"]]:
            yield Gap(_("There is no main text in this wording's language yet. Write that first, or change the language."), field=field)


def _link(content: Content, today: date) -> Iterator[Gap]:
    del today
    link = content["link"]
    if link is None:
        return
    try:
        clean_link(link["url"])
    except Invalid as problem:
        yield problem
    if len(link["title"]) > MAX_TITLE:
        yield Gap(_("A link's title can have 200 characters. Shorten it."), field="link-title")


def _pictures(content: Content, today: date) -> Iterator[Gap]:
    del today
    for number, picture in enumerate(content["pictures"]):
        for language in LANGUAGES:
            if len(picture["alt"].get(language, "")) > MAX_ALT:
                text = _("A picture's description can have 1,500 characters. Shorten it.")
                yield Gap(text, field=f"picture-{number}-alt-{language}")


def _wished(content: Content, today: date) -> Iterator[Gap]:
    start, end = content["wished_from"], content["wished_until"]
    if end and date.fromisoformat(end) < today:
        yield Gap(_("This day has passed already. Choose a later one, or leave it open."), field="wished_until")
    elif start and end and start > end:
        yield Gap(_("The last day is before the first one. Swap them, or leave one open."), field="wished_until")


CHECKS: tuple[Callable[[Content, date], Iterator[Gap]], ...] = (_topic, _why, _texts, _variants, _link, _pictures, _wished)
