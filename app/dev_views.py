"""Pages for developers only."""

from flask import Blueprint

bp = Blueprint("dev", __name__)
