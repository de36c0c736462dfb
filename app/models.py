"""Every table of ours, imported in one place for migrations and for processes that need all mappers."""

from app.audit import models as audit
from app.db import Base
from app.editorial import media_models as media
from app.editorial import models as editorial
from app.guidelines import models as guidelines
from app.health import models as health
from app.insights import models as insights
from app.notices import models as notices
from app.people import models as people
from app.sharing import account_models as accounts
from app.sharing import consent_models as consents
from app.sharing import models as sharing
from app.sharing import pacing_models as pacing
from app.sharing import stop_models as stops

metadata = Base.metadata

__all__ = [
    "accounts", "audit", "consents", "editorial", "guidelines", "health", "insights", "media", "metadata", "notices", "pacing", "people",
    "sharing", "stops",
]  # fmt: skip
