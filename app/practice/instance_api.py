"""Mastodon's API: what this server is and which limits it has."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify

from app.practice import media, text
from app.practice.callers import pace
from app.practice.grants import SCOPES
from app.practice.pictures import KINDS
from app.practice.site import here

VERSION = "4.5.0+practice"
TITLE = "Practice network"
DESCRIPTION = "A network to practise on. Nothing here leaves your company."
RULES = [
    {"id": "1", "text": "Try everything.", "hint": "Post, delete, react: nothing leaves your company."},
    {"id": "2", "text": "Be kind anyway.", "hint": "Colleagues read along."},
]

blueprint = Blueprint("instance_api", __name__)
api = Blueprint("instance", __name__, url_prefix="/api")
pace(api)


@blueprint.get("/.well-known/oauth-authorization-server")
def discovery() -> Response:
    """Where to sign in and what may be asked for (RFC 8414)."""
    base = here().base_url
    return jsonify(
        issuer=f"{base}/",
        service_documentation=f"{base}/",
        authorization_endpoint=f"{base}/oauth/authorize",
        token_endpoint=f"{base}/oauth/token",
        revocation_endpoint=f"{base}/oauth/revoke",
        app_registration_endpoint=f"{base}/api/v1/apps",
        scopes_supported=list(SCOPES),
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
    )


def _configuration() -> dict[str, Any]:
    return {
        "statuses": {
            "max_characters": text.MAX_CHARACTERS,
            "max_media_attachments": media.MAX_ATTACHMENTS,
            "characters_reserved_per_url": text.URL_COUNTS_AS,
        },
        "media_attachments": {
            "description_limit": media.DESCRIPTION_LIMIT,
            "supported_mime_types": list(KINDS.values()),
            "image_size_limit": media.SIZE_LIMIT,
            "image_matrix_limit": media.MATRIX_LIMIT,
        },
        "accounts": {"max_featured_tags": 0, "max_pinned_statuses": 0},
    }


@api.get("/v2/instance")
def instance_v2() -> Response:
    """The server, as from 4.0 on."""
    base = here().base_url
    return jsonify(
        domain=urlsplit(base).netloc,
        title=TITLE,
        version=VERSION,
        source_url=base,
        description=DESCRIPTION,
        usage={"users": {"active_month": 0}},
        thumbnail={"url": f"{base}/static/practice.svg"},
        languages=["en", "de"],
        configuration={"urls": {}, **_configuration()},
        registrations={"enabled": True, "approval_required": False, "message": None, "url": None},
        api_versions={"mastodon": 7},
        contact={"email": "", "account": None},
        rules=RULES,
    )


@api.get("/v1/instance")
def instance_v1() -> Response:
    """The server, as older clients ask."""
    base = here().base_url
    return jsonify(
        uri=urlsplit(base).netloc,
        title=TITLE,
        short_description=DESCRIPTION,
        description=DESCRIPTION,
        email="",
        version=VERSION,
        urls={},
        stats={"user_count": 0, "status_count": 0, "domain_count": 1},
        thumbnail=f"{base}/static/practice.svg",
        languages=["en", "de"],
        registrations=True,
        approval_required=False,
        invites_enabled=False,
        configuration=_configuration(),
        contact_account=None,
        rules=RULES,
    )


@api.get("/v1/instance/rules")
def rules() -> Response:
    """The house rules."""
    return jsonify(RULES)


blueprint.register_blueprint(api)
