"""The handbook, one rule, one wording, what changed, and the acknowledgement."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response

import config
from app.errors import Invalid, _
from app.guidelines import acknowledgements, editing_views, first_steps, rulebook
from app.guidelines.differences import difference
from app.guidelines.editions import edition
from app.guidelines.frame_views import bp, number_or_404, pending
from app.guidelines.models import GuidelineVersion
from app.web import EMPLOYEE, allow, me

__all__ = ["bp", "editing_views"]

RULES_ON_A_PAGE = 30
MOST_FOUND = 20


@bp.get("/guidelines")
@allow(EMPLOYEE)
def handbook() -> str:
    """The whole rulebook, or the rules that hold the words looked for."""
    words, start = request.args.get("q", "").strip()[:100], request.args.get("from", 0, int)
    book = rulebook.current()
    shown = rulebook.search(words, _locale(), MOST_FOUND) if words else [rule for rule in book if rule.guideline.number >= start]
    return render_template(
        "guidelines/handbook.html", book=book, words=words, rules=shown[:RULES_ON_A_PAGE], more=shown[RULES_ON_A_PAGE:],
        first=not words and start <= 1, retired=rulebook.retired() if not words else [], acknowledged=acknowledgements.last(me()),
        pending=pending(),
    )  # fmt: skip


@bp.get("/guidelines/<code>")
@allow(EMPLOYEE)
def rule(code: str) -> str:
    """One rule as it applies now."""
    return _page(rulebook.wording(number_or_404(code)))


@bp.get("/guidelines/<code>/v<int(max=999999):version>")
@allow(EMPLOYEE)
def wording(code: str, version: int) -> str:
    """One wording, for ever at this address."""
    return _page(rulebook.wording(number_or_404(code), version))


@bp.get("/guidelines/changes")
@allow(EMPLOYEE)
def changes() -> str:
    """What matters and has changed since this person acknowledged the rulebook."""
    mine, waiting = acknowledgements.last(me()), pending()
    found = acknowledgements.differences(mine.edition, _locale()) if mine and waiting else []
    gone = acknowledgements.retired_since(mine.at) if mine and waiting else []
    return render_template("guidelines/changes.html", pending=waiting, differences=found, retired=gone, acknowledged=mine)


@bp.get("/guidelines/first")
@allow(EMPLOYEE)
def first_rules() -> str:
    """The first step of the first visit: the five rules that matter most."""
    return render_template("guidelines/first.html", rules=first_steps.first_rules(), edition=edition(), pending=pending())


@bp.post("/guidelines/acknowledgement")
@allow(EMPLOYEE)
def acknowledge() -> Response:
    """The person has read the edition that the page showed."""
    read = request.form.get("edition", type=int)
    if read is None:
        raise Invalid(_("That edition of the rulebook does not exist. Reload the page and look again."))
    waiting = acknowledgements.acknowledge(me(), read=read)
    if request.form.get("then") == "first-visit":
        return redirect("/first-visit?step=2", 303)
    if waiting:
        flash(str(_("Thank you. While you were reading, the rulebook changed once more: here is what is new.")), "info")
        return redirect(url_for("guidelines.changes"), 303)
    flash(str(_("Thank you. We ask again only when something that matters changes.")), "good")
    return redirect(url_for("guidelines.handbook"), 303)


def _page(shown: GuidelineVersion) -> str:
    guideline = shown.guideline
    present = rulebook.wording(guideline.number) if shown.version != guideline.current_version else shown
    return render_template(
        "guidelines/rule.html", rule=shown, present=present, difference=difference(shown, present, _locale()),
        history=rulebook.history(guideline), neighbours=rulebook.neighbours(guideline.number),
        permalink=config.settings().base_url + url_for("guidelines.wording", code=guideline.code, version=shown.version),
    )  # fmt: skip


def _locale() -> str:
    return str(get_locale() or "en")
