"""What a WSGI server loads."""

from app import logs
from app.factory import create_app
from app.sharing import link_views

logs.install("web")
app = link_views.ahead(create_app())
