"""German sentences say the article of a network whose name is a word, wherever they are made."""

import re

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale, gettext, ngettext

from app import catalog
from app.errors import Refusal, _
from app.german import NAME, with_article
from app.notices.words import translate

BARE = re.compile(rf"\b(aber|als|an|auf|bei|für|mit|öffne|über|von|wie|zu) {NAME}|(^|[.:?!]\s+){NAME} (?!\w+en$)\w+", re.IGNORECASE)
NETWORK = re.compile(r"%\((network|networks)\)s")
WAITS = "It waits: you have already published %(num)s on %(network)s today. It leaves by itself as soon as there is room."


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Auf Übungsnetzwerk als emil teilen", "Auf dem Übungsnetzwerk als emil teilen"),
        ("Auf Mastodon und Übungsnetzwerk teilen", "Auf Mastodon und dem Übungsnetzwerk teilen"),
        ("Unterwegs zu Übungsnetzwerk", "Unterwegs zum Übungsnetzwerk"),
        ("Bei Übungsnetzwerk fehlt eine Erlaubnis", "Beim Übungsnetzwerk fehlt eine Erlaubnis"),
        ("Nein. Übungsnetzwerk hat abgelehnt", "Nein. Das Übungsnetzwerk hat abgelehnt"),
        ("Übungsnetzwerk verbinden", "Übungsnetzwerk verbinden"),
        ("Übungsnetzwerk", "Übungsnetzwerk"),
        ("Auf Mastodon teilen", "Auf Mastodon teilen"),
    ],
)
def test_the_article_comes_with_the_name(said: str, wanted: str) -> None:
    assert with_article(said) == wanted


def test_every_sentence_about_a_network_has_its_article() -> None:
    forms = [form for message in catalog.read("de") for form in (message.string if isinstance(message.string, tuple) else [message.string])]
    about = [with_article(NETWORK.sub(NAME, str(form))) for form in forms if NETWORK.search(str(form))]
    assert len(about) > 80
    assert [said for said in about if BARE.search(said)] == []


def test_wherever_a_sentence_is_made(app: Flask) -> None:
    with app.test_request_context(), force_locale("de"):
        assert "auf dem Übungsnetzwerk" in gettext("You have shared this on %(network)s already.", network=NAME)
        assert "auf dem Übungsnetzwerk" in ngettext(WAITS, WAITS, 2, network=NAME)
        assert "auf dem Übungsnetzwerk" in str(Refusal(_("You have shared this on %(network)s already.", network=NAME)).message)
        page = "{{ _('Share on %(network)s', network=name) }}, {{ ngettext(waits, waits, 2, network=name) }}"
        shown = render_template_string(page, name=NAME, waits=WAITS)
        assert shown.startswith("Auf dem Übungsnetzwerk teilen")
        assert "auf dem Übungsnetzwerk schon 2" in shown
        any_name = "{{ ngettext('%(number)s of one', '%(num)s, %(number)s, %(context)s', 2, number=3, context='x') }}"
        assert render_template_string(any_name) == "2, 3, x"
        assert "&lt;b&gt;" in render_template_string("{{ _('Share on %(network)s', network=name) }}", name=f"<b> auf {NAME}")
    assert translate("de", "Share on %(network)s", {"network": NAME}) == "Auf dem Übungsnetzwerk teilen"
    assert translate("en", "Share on %(network)s", {"network": "Practice network"}) == "Share on Practice network"


def test_who_is_told_reads_the_networks_name_in_their_own_language_whoever_wrote_it_down() -> None:
    for kept in (NAME, "Practice network"):
        assert translate("de", "Share on %(network)s", {"network": kept}) == "Auf dem Übungsnetzwerk teilen"
        assert translate("en", "Share on %(network)s", {"network": kept}) == "Share on Practice network"
