"""Mastodon's API: media, and the bytes themselves."""

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.practice import entities, media
from app.practice.callers import caller, fields, pace
from app.practice.errors import invalid, refuse
from app.practice.pictures import KINDS
from app.practice.site import here

blueprint = Blueprint("media_api", __name__)
api = Blueprint("media", __name__, url_prefix="/api")
pace(api)


@api.post("/v2/media")
def upload() -> ResponseReturnValue:
    """Take a picture: 200 when it is ready, 202 when it needs time."""
    file = request.files.get("file")
    with here().storage.opened() as db:
        account = caller(db, "write:media")
        if file is None:
            invalid("File can't be blank")
        row = media.keep(
            db,
            here(),
            account=account,
            data=file.read(),
            description=request.form.get("description"),
            focus=request.form.get("focus"),
        )
        return jsonify(entities.attachment(here(), row)), 202 if row["polls_left"] or row["broken"] else 200


@api.get("/v1/media/<int:media_id>")
def look(media_id: int) -> ResponseReturnValue:
    """206 while it is processed, then 200, or 422 when that failed."""
    with here().storage.opened() as db:
        row = media.polled(db, account_id=caller(db, "write:media")["id"], media_id=media_id)
        if row["polls_left"]:
            return jsonify(entities.attachment(here(), row)), 206
    if row["broken"]:
        refuse(422, "Error processing thumbnail for uploaded media")
    return jsonify(entities.attachment(here(), row))


@api.put("/v1/media/<int:media_id>")
def describe(media_id: int) -> Response:
    """Change description or focus."""
    sent = fields()
    with here().storage.opened() as db:
        row = media.describe(
            db,
            account_id=caller(db, "write:media")["id"],
            media_id=media_id,
            description=sent.get("description"),
            focus=sent.get("focus"),
        )
        return jsonify(entities.attachment(here(), row))


@api.delete("/v1/media/<int:media_id>")
def forget(media_id: int) -> Response:
    """Delete a picture that no post has."""
    with here().storage.opened() as db:
        media.forget(db, account_id=caller(db, "write:media")["id"], media_id=media_id)
        return jsonify({})


@blueprint.get("/media/<int:media_id>.<kind>")
def picture(media_id: int, kind: str) -> Response:
    """The bytes, as nothing but a picture."""
    with here().storage.opened() as db:
        found = media.content(db, media_id)
    if found is None or found[0] != kind:
        refuse(404, "Record not found")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found[1], mimetype=KINDS[kind], headers=headers)


blueprint.register_blueprint(api)
