"""Pages."""

from flask import Blueprint

bp = Blueprint("shares", __name__)
