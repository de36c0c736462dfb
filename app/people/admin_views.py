"""Pages."""

from flask import Blueprint

bp = Blueprint("people_admin", __name__)
