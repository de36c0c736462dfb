"""The company's own colour and picture, for pages that anybody may see. Their addresses change with them, so they are kept for ever."""

from flask import Blueprint, Response, abort

import config
from app import assets
from app.web import ANYONE, allow

bp = Blueprint("brand", __name__)

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
# An SVG that somebody opens by itself runs nothing and loads nothing.
PICTURE = {**FOR_EVER, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


@bp.get("/brand.css")
@allow(ANYONE)
def colour() -> Response:
    """The company's accent colour."""
    return Response(assets.brand_css(config.settings().accent), mimetype="text/css", headers=FOR_EVER)


@bp.get("/logo")
@allow(ANYONE)
def logo() -> Response:
    """The company's logo."""
    found = assets.logo(config.settings().logo_path)
    if found is None:
        abort(404)
    return Response(found.content, mimetype=found.mimetype, headers=PICTURE)
