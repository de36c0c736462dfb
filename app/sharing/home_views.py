"""The home page: share something worth it."""

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app import clock, shell
from app.sharing import feed, hand_shares, networks
from app.sharing.networks import name_of
from app.web import EMPLOYEE, allow, fragment, me

bp = Blueprint("home", __name__)
shell.NUMBERS["shares_this_week"] = feed.shares_this_week
shell.NUMBERS["switches"] = networks.all_switched


@bp.get("/")
@allow(EMPLOYEE)
def page() -> str:
    """Up to five approved posts for this person, then an end."""
    user = me()
    networks.keep_switches(shell.number("switches", user.id))
    shared = shell.number("shares_this_week", user.id)
    return render_template("home/page.html", cards=feed.cards(user), shared=shared, by_hand=hand_shares.offered(), name_of=name_of)


@bp.post("/posts/<uuid:post_id>/later")
@allow(EMPLOYEE)
def later(post_id: uuid.UUID) -> AnyResponse | str:
    """Not now: it comes back tomorrow."""
    feed.put_aside(me(), feed.find(post_id), until=clock.now() + feed.LATER)
    return _gone(gettext("It comes back tomorrow."))


@bp.post("/posts/<uuid:post_id>/not-for-me")
@allow(EMPLOYEE)
def not_for_me(post_id: uuid.UUID) -> AnyResponse | str:
    """Not for this person: it does not come back."""
    feed.put_aside(me(), feed.find(post_id), until=None)
    return _gone(gettext("It will not come back to your home page."))


def _gone(words: str) -> AnyResponse | str:
    """The card leaves quietly."""
    if fragment():
        return render_template("home/_gone.html", words=words)
    flash(words, "good")
    return redirect(url_for("home.page"), 303)
