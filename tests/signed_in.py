"""Browsers of people who are signed in."""

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from app.db import session
from app.people import sign_ins
from app.people.models import User

RAW_TOKEN = "the form's token of a test"


def browser(app: Flask, user: User) -> FlaskClient:
    """A browser without JavaScript in which this person is signed in and has a page of ours open (its form token is sent along)."""
    token = sign_ins.start(user, "test browser")
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=token, _fresh=True, csrf_token=RAW_TOKEN)
    signed = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(RAW_TOKEN)
    client.environ_base["HTTP_X_CSRFTOKEN"] = str(signed)
    return client
