"""What pages are dressed in: one style sheet, one script, one sprite of icons.

All are served by us, under names that change with their content.

`python -m app.assets build` makes them. Templates use `asset_url()` and `icon()`; neither needs a Flask context.
"""

from app.assets.colour import accent_class, brand_css
from app.assets.logo import read as logo
from app.assets.page import JINJA_GLOBALS, asset_url, icon

__all__ = ["JINJA_GLOBALS", "accent_class", "asset_url", "brand_css", "icon", "logo"]
