"""The web application, put together on one screen."""

from importlib import import_module

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from app import assets, db, web
from app.editorial import results as editorial_results
from app.insights import results

ROOMS = (
    "app.brand_views",
    "app.people.sign_in_views",
    "app.people.preference_views",
    "app.people.admin_views",
    "app.notices.views",
    "app.guidelines.views",
    "app.editorial.proposal_views",
    "app.editorial.media_views",
    "app.editorial.review_views",
    "app.sharing.home_views",
    "app.sharing.share_views",
    "app.sharing.attempt_views",
    "app.sharing.compose_views",
    "app.sharing.pacing_views",
    "app.sharing.consent_views",
    "app.sharing.cap_views",
    "app.sharing.hand_views",
    "app.sharing.account_views",
    "app.sharing.link_views",
    "app.sharing.admin_views",
    "app.sharing.stop_views",
    "app.sharing.recall_views",
    "app.insights.views",
    "app.audit.views",
    "app.health.views",
)
DEVELOPMENT_ROOMS = ("app.dev_views",)

MAX_REQUEST_BYTES = 25 * 1024 * 1024


def create_app(settings: config.Settings | None = None) -> Flask:
    """The whole application; settings come from the environment unless given."""
    if settings is not None:
        config.use(settings)
    settings = config.settings()
    app = Flask(
        "app",
        root_path=str(web.ROOT / "app"),
        template_folder=str(web.ROOT / "templates"),
        static_folder=str(web.ROOT / "app" / "static"),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="outspoken",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        COMPRESS_MIN_SIZE=500,
        # Script and style are sent once and kept: the smallest form is worth its milliseconds. Pages take the quickest.
        COMPRESS_ALGORITHM_STREAMING=["br", "deflate"],
        COMPRESS_BR_LEVEL=5,
        COMPRESS_ZSTD_LEVEL=1,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    assets.logo(settings.logo_path)  # a picture that cannot be used is said at the start, not on every page
    db.connect(settings.database_url)
    web.install(app)
    Compress(app)
    for room in ROOMS + (DEVELOPMENT_ROOMS if settings.developer_pages else ()):
        app.register_blueprint(import_module(room).bp)
    editorial_results.PROVIDERS[:] = [results.of_proposal]
    return app
