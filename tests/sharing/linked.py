"""Short links as rows, and what stands on their counters."""

import secrets

from sqlalchemy import select

from app.db import session, transaction
from app.sharing.models import HandShare, ShortLink
from tests import rows
from tests.sharing import builders

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def links(many: int, target: str = builders.TARGET, *, code: str = "") -> list[str]:
    """So many links of one person to one page, committed."""
    with transaction():
        emil, post = rows.emil(), builders.post()
        codes = [code or secrets.token_hex(5) for _ in range(many)]
        for number, one in enumerate(codes):
            facts = {"network": f"n{number}", "language": "en", "text": "", "text_hash": ""}
            made = HandShare(user_id=emil.id, post_id=post.id, **facts)
            session.add(made)
            session.flush()
            session.add(ShortLink(code=one, hand_share_id=made.id, target=target))
    return codes


def clicks(*codes: str) -> list[int]:
    """As they stand in the database now."""
    with transaction():
        found = {row.code: row.clicks for row in session.execute(select(ShortLink.code, ShortLink.clicks).where(ShortLink.code.in_(codes)))}
    return [found[code] for code in codes]
