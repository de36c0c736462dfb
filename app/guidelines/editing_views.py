"""Reviewers change the rulebook. A refused form comes back with everything that was typed."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db import Json
from app.errors import Invalid, Refusal, Stale, _
from app.guidelines import editing, rulebook, starter
from app.guidelines.differences import Parts, changed_parts
from app.guidelines.editions import matters
from app.guidelines.frame_views import bp, number_or_404
from app.guidelines.models import GuidelineVersion, Severity
from app.guidelines.words import PARTS, checked, checked_severity
from app.people.models import LOCALES, Role
from app.web import allow, me

Answer = Response | tuple[str, int]


@dataclass
class Typed:
    """What stands in the form."""

    texts: dict[str, dict[str, str]]
    severity: str = Severity.ADVICE.value
    expected: int = 0
    problem: Refusal | None = None
    preview: dict[str, dict[str, Parts]] = field(default_factory=dict)
    opens_edition: bool = False

    def error(self, name: str) -> object:
        """The sentence for one field."""
        return self.problem.message if isinstance(self.problem, Invalid) and self.problem.field == name else ""


@bp.get("/guidelines/new")
@allow(Role.REVIEWER, Role.ADMIN)
def new() -> Answer:
    """The form for a new rule."""
    return _form(None, Typed({language: {} for language in LOCALES}))


@bp.post("/guidelines/new")
@allow(Role.REVIEWER, Role.ADMIN)
def add() -> Answer:
    """Look at a new rule, or write it into the book."""
    typed = _typed()
    try:
        if request.form.get("do") == "preview":
            return _form(None, _previewed(typed, None))
        made = editing.add(texts=typed.texts, severity=typed.severity, by=me().id)
    except Invalid as refused:
        return _refused(None, typed, refused)
    return _done(made, str(_("%(code)s is in the rulebook.", code=made.guideline.code)))


@bp.get("/guidelines/<code>/edit")
@allow(Role.REVIEWER, Role.ADMIN)
def edit(code: str) -> Answer:
    """The form of a rule, with its present words."""
    present = rulebook.wording(number_or_404(code))
    return _form(present, Typed(present.texts, present.severity, present.version))


@bp.post("/guidelines/<code>/edit")
@allow(Role.REVIEWER, Role.ADMIN)
def revise(code: str) -> Answer:
    """Look at the difference, or write a new version."""
    number, typed = number_or_404(code), _typed()
    try:
        if request.form.get("do") == "preview":
            present = rulebook.wording(number)
            return _form(present, _previewed(typed, present))
        made = editing.revise(number, texts=typed.texts, severity=typed.severity, expected=typed.expected, by=me().id)
    except (Invalid, Stale) as refused:
        return _refused(rulebook.wording(number), typed, refused)
    if made.version == typed.expected:
        return _done(made, str(_("Nothing has changed, so there is no new version.")))
    return _done(made, str(_("Saved as %(code)s. The older wording keeps its address.", code=made.code)))


@bp.post("/guidelines/<code>/retirement")
@allow(Role.REVIEWER, Role.ADMIN)
def retire(code: str) -> Response:
    """The rule no longer applies."""
    gone = editing.retire(number_or_404(code), by=me().id)
    flash(str(_("%(code)s no longer applies. It stays readable, and its number is not used again.", code=gone.code)), "good")
    return redirect(url_for("guidelines.rule", code=gone.code), 303)


@bp.post("/guidelines/<code>/reinstatement")
@allow(Role.REVIEWER, Role.ADMIN)
def reinstate(code: str) -> Response:
    """A retired rule applies again."""
    back = editing.reinstate(number_or_404(code), by=me().id)
    flash(str(_("%(code)s applies again.", code=back.code)), "good")
    return redirect(url_for("guidelines.rule", code=back.code), 303)


@bp.post("/guidelines/starter")
@allow(Role.REVIEWER, Role.ADMIN)
def load_starter() -> Response:
    """Fill an empty rulebook with the starter rules."""
    flash(
        str(_("%(count)s rules are in the book. They are yours now: change what does not fit.", count=starter.load_if_empty())),
        "good",
    )
    return redirect(url_for("guidelines.handbook"), 303)


def _typed() -> Typed:
    form = request.form
    texts = {language: {part: form.get(f"{language}_{part}", "") for part in PARTS} for language in LOCALES}
    return Typed(texts, form.get("severity", ""), form.get("expected", 0, int))


def _previewed(typed: Typed, present: GuidelineVersion | None) -> Typed:
    """The same form with the difference that saving it would make; raises Invalid."""
    words: Json = checked(typed.texts)
    typed.opens_edition = matters(present, checked_severity(typed.severity), words)
    typed.preview = {language: changed_parts(present.texts[language] if present else {}, words[language]) for language in LOCALES}
    return typed


def _refused(present: GuidelineVersion | None, typed: Typed, refused: Refusal) -> Answer:
    """The form again. After a collision it shows the difference to what the other editor wrote, and may then be saved."""
    typed.problem = refused
    if isinstance(refused, Stale) and present:
        typed.expected = present.version
        _previewed(typed, present)
    page, _status = _form(present, typed)
    return page, refused.status


def _form(present: GuidelineVersion | None, typed: Typed) -> tuple[str, int]:
    return render_template("guidelines/edit.html", present=present, typed=typed, parts=PARTS, languages=LOCALES), 200


def _done(made: GuidelineVersion, words: str) -> Response:
    flash(words, "good")
    return redirect(url_for("guidelines.rule", code=made.guideline.code), 303)
