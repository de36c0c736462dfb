"""What became of one delivery, step by step."""

import uuid

from flask import Blueprint, render_template

from app.sharing import attempts, timeline
from app.sharing.networks import name_of
from app.web import EMPLOYEE, allow, fragment, me

bp = Blueprint("attempts", __name__)


@bp.get("/deliveries/<uuid:delivery_id>/steps")
@allow(EMPLOYEE)
def page(delivery_id: uuid.UUID) -> str:
    """For its owner alone: in its place under My shares, and without JavaScript on a page of its own."""
    one = timeline.delivery(me(), delivery_id)
    template = "shares/_steps.html" if fragment() else "shares/steps.html"
    return render_template(template, one=one, steps=attempts.story(one), name_of=name_of)
