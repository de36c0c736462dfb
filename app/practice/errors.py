"""The refusals, in the words and with the status of Mastodon; for pages a page."""

from typing import NoReturn

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

API_PATHS = ("/api/", "/oauth/token", "/oauth/revoke", "/_practice/", "/.well-known/")


class Wrong(Exception):
    """A request that the API refuses; nothing was changed."""

    def __init__(self, status: int, error: str, *, description: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description


def refuse(status: int, error: str, description: str | None = None) -> NoReturn:
    """Refuse with this status; `error` is what the caller reads."""
    raise Wrong(status, error, description=description)


def invalid(reason: str) -> NoReturn:
    """422 as Mastodon words it."""
    refuse(422, f"Validation failed: {reason}")


def install(app: Flask) -> None:
    """Answer refusals and HTTP errors in the caller's form: JSON for the API, a page for people."""
    app.register_error_handler(Wrong, _wrong)
    app.register_error_handler(HTTPException, _http_error)


def _wrong(wrong: Wrong) -> ResponseReturnValue:
    body = {"error": wrong.error}
    if wrong.description:
        body["error_description"] = wrong.description
    headers = {"WWW-Authenticate": f'Bearer realm="Practice", error="{wrong.error}"'} if wrong.status == 401 else {}
    return jsonify(body), wrong.status, headers


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if request.path.startswith(API_PATHS):
        return jsonify(error="Record not found" if status == 404 else error.name), status
    return render_template("message.html", status=status), status
