"""Pages."""

from flask import Blueprint

bp = Blueprint("networks_admin", __name__)
