"""Pages for developers: the local mailbox, and every component in every state. Not registered outside development."""

import re
import uuid

from flask import Blueprint, render_template
from sqlalchemy import select

from app.db import session
from app.errors import Missing, _
from app.notices.models import Mail
from app.web import ANYONE, EMPLOYEE, allow

bp = Blueprint("dev", __name__)

SHOWN = 100
LINK = re.compile(r"https?://\S+")


@bp.get("/dev/mail")
@allow(ANYONE)
def mails() -> str:
    """The newest mails, sent and waiting; here they are, because in development they go nowhere else."""
    newest = session.scalars(select(Mail).order_by(Mail.id.desc()).limit(SHOWN)).all()
    return render_template("dev/mails.html", mails=newest)


@bp.get("/dev/mail/<uuid:mail_id>")
@allow(ANYONE)
def mail(mail_id: uuid.UUID) -> str:
    """One mail; its links can be followed."""
    found = session.get(Mail, mail_id)
    if found is None:
        raise Missing(_("There is no such mail."))
    return render_template("dev/mail.html", mail=found, parts=_parts(found.body))


def _parts(body: str) -> list[tuple[bool, str]]:
    """The text in pieces: (is a link, piece)."""
    parts, end = [], 0
    for link in LINK.finditer(body):
        parts += [(False, body[end : link.start()]), (True, link[0])]
        end = link.end()
    return [*parts, (False, body[end:])]


@bp.get("/dev/components")
@allow(EMPLOYEE)
def components() -> str:
    """Every part of the pages."""
    return render_template("dev/components.html")
