"""The five rules that matter most to somebody who begins: what the first visit shows."""

from app.guidelines import rulebook
from app.guidelines.models import GuidelineVersion, Severity

FIRST = (1, 3, 7, 13, 24)
WEIGHT = {Severity.BLOCKER.value: 0, Severity.MUST_FIX.value: 1, Severity.ADVICE.value: 2}


def first_rules(most: int = 5) -> list[GuidelineVersion]:
    """The chosen five as far as they still apply, filled up with the weightiest of the others; in the order of their numbers."""
    applying = rulebook.current()
    by_weight = sorted(applying, key=lambda rule: (rule.guideline.number not in FIRST, WEIGHT[rule.severity], rule.guideline.number))
    return sorted(by_weight[:most], key=lambda rule: rule.guideline.number)
