"""Pictures: taken in, kept, and shown to those who may see them."""

import hashlib
import uuid

from sqlalchemy import cast, exists, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db import session
from app.editorial.media_models import LinkPreview, Media, MediaFile
from app.editorial.models import Post
from app.editorial.renditions import Made, Rendition, make
from app.errors import Missing, _
from app.people.models import User

RENDITIONS = ("full", "card")


def take(owner_id: uuid.UUID, data: bytes) -> tuple[Media, Made]:
    """Keep a picture of this person; the same picture again is the one that is there. Raises as `renditions.make` does."""
    made = make(data)
    digest = hashlib.sha256(made.full.data).hexdigest()
    there = session.scalars(select(Media).where(Media.owner_id == owner_id, Media.sha256 == digest).limit(1)).first()
    return there or _keep(owner_id, digest, made), made


def _keep(owner_id: uuid.UUID, digest: str, made: Made) -> Media:
    full = made.full
    media = Media(owner_id=owner_id, sha256=digest, mime=full.mime, width=full.width, height=full.height)
    session.add(media)
    session.flush()  # its files point at it
    session.add_all(_file(media.id, rendition) for rendition in (full, made.card))
    return media


def _file(media_id: uuid.UUID, made: Rendition) -> MediaFile:
    return MediaFile(media_id=media_id, rendition=made.name, mime=made.mime, width=made.width, height=made.height, data=made.data)


def file_for(viewer: User, media_id: uuid.UUID, rendition: str) -> MediaFile:
    """The bytes: for its owner, for reviewers, for everyone once it is in a live post or a link's preview. Raises Missing."""
    found = session.get(MediaFile, (media_id, rendition)) if rendition in RENDITIONS else None
    if found is None or not (viewer.is_reviewer or _is_open_to(viewer, media_id)):
        raise Missing(_("There is no such picture, or it is not for you to see."))
    return found


def _is_open_to(viewer: User, media_id: uuid.UUID) -> bool:
    owned = exists().where(Media.id == media_id, Media.owner_id == viewer.id)
    shown = {"pictures": [{"media_id": str(media_id)}]}, {"link": {"media_id": str(media_id)}}
    posted = exists().where(Post.state == "live", or_(*(Post.content.contains(cast(one, JSONB)) for one in shown)))
    linked = exists().where(LinkPreview.media_id == media_id)
    return bool(session.scalar(select(or_(owned, posted, linked))))
