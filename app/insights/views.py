"""What my employer sees: said before anybody has to ask."""

from flask import Blueprint, render_template

from app.insights.visibility import RULES, Seer
from app.web import EMPLOYEE, allow

bp = Blueprint("insights", __name__)


@bp.get("/what-my-employer-sees")
@allow(EMPLOYEE)
def employer() -> str:
    """One honest page, made from the same table that the queries keep to."""
    return render_template("insights/employer.html", rules=RULES, Seer=Seer)
