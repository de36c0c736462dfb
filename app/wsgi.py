"""What a WSGI server loads."""

from app import logs
from app.factory import create_app

logs.install("web")
app = create_app()
