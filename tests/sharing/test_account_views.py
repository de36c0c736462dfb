"""The accounts page and the walk to a network and back, with the practice network on the other side."""

import re
import uuid
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.clock import now
from app.db import session
from app.people.models import User
from app.sharing import switches
from app.sharing.account_models import ConnectedAccount, NetworkApp, PendingConnection
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed")


def depart(client: FlaskClient, network: str = "practice", **form: str) -> str:
    """Press Connect; returns the address at the network."""
    answer = client.post(f"/accounts/connect/{network}", data=form)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    [address] = re.findall(r'href="([^"]+/oauth/authorize[^"]+)"', page.text)
    return str(address).replace("&amp;", "&")


def say(address: str, name: str = "emil", decision: str = "allow") -> str:
    """Answer at the network; returns where it sends the person, as a path of ours."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    form = {**query, "name": name, "decision": decision}
    answer = requests.post(f"{origin}/oauth/authorize", data=form, headers={"Origin": origin}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def connect(app: Flask, user: User, name: str = "emil") -> FlaskClient:
    """The whole walk."""
    client = browser(app, user)
    answer = client.get(say(depart(client), name))
    assert answer.status_code == 303
    return client


def spoil_the_application() -> None:
    """As if the server had forgotten our application: it refuses the secret that we know."""
    [row] = session.scalars(select(NetworkApp)).all()
    row.credentials = {**row.credentials, "client_secret": "forgotten"}
    session.commit()


def mine(user: User) -> list[ConnectedAccount]:
    session.expire_all()
    return list(session.scalars(select(ConnectedAccount).where(ConnectedAccount.user_id == user.id).order_by(ConnectedAccount.id)))


def test_strangers_are_sent_to_sign_in(client: FlaskClient) -> None:
    """Sam sees nothing of this."""
    for path in ("/accounts", "/connect/practice/callback?state=x"):
        assert "/sign-in" in client.get(path).location


@pytest.mark.parametrize("who", [rows.edda, rows.ravi, rows.emil, rows.ada])
def test_everybody_has_the_page(app: Flask, control: Control, who: object) -> None:
    """It is the same for every role: empty, with the practice network first and the ways by hand last."""
    page = browser(app, who()).get("/accounts")  # type: ignore[operator]
    assert page.status_code == 200
    assert re.findall(r'id="network-(\w+)"', page.text) == ["practice", "mastodon"]
    assert "Without connecting" in page.text
    assert "LinkedIn" in page.text


def test_connecting(app: Flask, control: Control) -> None:
    """Away, yes, back: connected as whom, with tokens that the database cannot read, and the limits of the server."""
    emil = rows.emil()
    client = connect(app, emil)
    [account] = mine(emil)
    assert (account.state, account.name, account.limits["text_max"]) == ("connected", "emil", 500)
    raw = session.connection().exec_driver_sql("SELECT tokens FROM connected_accounts").scalar_one()
    assert account.tokens is not None
    assert account.tokens["access_token"].encode() not in bytes(raw)
    page = client.get("/accounts").text
    assert account.handle in page
    assert "Publish what you share, and delete it when you take it back" in page
    assert "Until you disconnect" in page
    assert "Find something worth sharing" in page
    assert builders.notices(emil.id) == ["account_connected"]
    [event] = session.connection().exec_driver_sql("SELECT verb FROM events WHERE subject = 'connected_accounts'").scalars()
    assert event == "connected"


def test_the_way_on_is_offered_once_it_is_connected(app: Flask, control: Control) -> None:
    """For ten minutes, and not while something stands against sharing."""
    emil = rows.emil()
    client = connect(app, emil)
    [account] = mine(emil)
    for change in ({"connected_at": now() - timedelta(minutes=11)}, {"connected_at": now(), "problem": "token_ends"}):
        session.execute(update(ConnectedAccount).values(change))
        session.commit()
        page = client.get("/accounts").text
        assert account.handle in page
        assert "Find something worth sharing" not in page


def test_the_practice_network_is_off(app: Flask, control: Control) -> None:
    """It says so by the name that its pages have."""
    switches.turn("practice", on=False, by=rows.ada().id)
    session.commit()
    answer = browser(app, rows.person("Emil", locale="de")).post("/accounts/connect/practice")
    assert "Das Übungsnetzwerk ist derzeit abgeschaltet." in answer.text


def test_the_rules_of_the_server_are_shown(app: Flask, control: Control) -> None:
    """Before going there, in the server's own words."""
    client = browser(app, rows.emil())
    page = client.get(client.post("/accounts/connect/practice").location).text
    assert "Be kind anyway." in page


def test_one_application_per_server(app: Flask, control: Control) -> None:
    """Several people, one registration."""
    for name in ("emil", "edda"):
        connect(app, rows.person(name.capitalize()), name)
    assert len(session.scalars(select(NetworkApp)).all()) == 1
    assert len(control.requests("POST", "/api/v1/apps")) == 1


def test_two_at_once_register_once(app: Flask, control: Control) -> None:
    """Two first people at the same moment."""
    clients = [browser(app, rows.emil()), browser(app, rows.edda())]
    builders.at_once(2, lambda number: clients[number].post("/accounts/connect/practice"))
    assert len(control.requests("POST", "/api/v1/apps")) == 1


def test_saying_no(app: Flask, control: Control) -> None:
    """A no is a no: nothing is connected, and the person reads so."""
    emil = rows.emil()
    client = browser(app, emil)
    client.get(say(depart(client), decision="deny"))
    assert mine(emil) == []
    assert "You did not give permission" in client.get("/accounts").text


def test_a_login_counts_once(app: Flask, control: Control) -> None:
    """The same answer a second time is refused, and changes nothing."""
    emil = rows.emil()
    client = browser(app, emil)
    back = say(depart(client))
    client.get(back)
    again = client.get(back)
    assert (again.status_code, len(mine(emil))) == (409, 1)
    assert "has been used already" in again.text


def test_a_denied_login_is_used_up_too(app: Flask, control: Control) -> None:
    """After a no the same state opens nothing any more."""
    client = browser(app, rows.emil())
    back = say(depart(client), decision="deny")
    assert [client.get(back).status_code for _ in range(2)] == [303, 409]


def test_somebody_elses_login(app: Flask, control: Control) -> None:
    """Emil cannot be made to connect an account that Edda has started to connect."""
    emil, edda = rows.emil(), rows.edda()
    back = say(depart(browser(app, edda)), "edda")
    answer = browser(app, emil).get(back)
    assert (answer.status_code, mine(emil), mine(edda)) == (409, [], [])
    assert "started by somebody else" in answer.text
    assert browser(app, edda).get(back).status_code == 303


@pytest.mark.parametrize("path", ["/connect/practice/callback", "/connect/practice/callback?state=made-up&code=x"])
def test_an_unknown_state(app: Flask, control: Control, path: str) -> None:
    """A state of nobody's."""
    answer = browser(app, rows.emil()).get(path)
    assert answer.status_code == 409
    assert "was not started here" in answer.text


def test_a_state_of_another_network(app: Flask, control: Control) -> None:
    """It is bound to its network."""
    client = browser(app, rows.emil())
    back = say(depart(client)).replace("/practice/", "/mastodon/")
    assert client.get(back).status_code == 409


def test_too_late(app: Flask, control: Control) -> None:
    """After ten minutes it has expired, on the way there and on the way back."""
    client = browser(app, rows.emil())
    answer = client.post("/accounts/connect/practice")
    page = client.get(answer.location).text
    [address] = re.findall(r'href="([^"]+/oauth/authorize[^"]+)"', page)
    back = say(str(address).replace("&amp;", "&"))
    session.execute(update(PendingConnection).values(created_at=now() - timedelta(minutes=11)))
    session.commit()
    for path in (answer.location, back):
        late = client.get(path)
        assert late.status_code == 409
        assert "ten minutes" in late.text


def test_a_colleagues_account(app: Flask, control: Control) -> None:
    """One remote account belongs to one person."""
    emil, edda = rows.emil(), rows.edda()
    connect(app, emil, "shared")
    client = connect(app, edda, "shared")
    assert (len(mine(emil)), mine(edda)) == (1, [])
    assert "is connected by a colleague already" in client.get("/accounts").text


def test_again_renews(app: Flask, control: Control) -> None:
    """The same account once more: the same row, new tokens."""
    emil = rows.emil()
    connect(app, emil)
    [before] = [(one.id, one.tokens) for one in mine(emil)]
    connect(app, emil)
    [after] = mine(emil)
    assert after.id == before[0]
    assert after.tokens != before[1]


def test_a_server_that_has_forgotten_us(app: Flask, control: Control) -> None:
    """It does not know our application at the exchange: registered anew once, and the person says yes once more."""
    emil = rows.emil()
    client = browser(app, emil)
    back = say(depart(client))
    spoil_the_application()
    answer = client.get(back)
    assert answer.status_code == 303
    assert "/accounts/connect/" in answer.location
    page = client.get(answer.location).text
    [address] = re.findall(r'href="([^"]+/oauth/authorize[^"]+)"', page)
    assert client.get(say(str(address).replace("&amp;", "&"))).status_code == 303
    assert [one.state for one in mine(emil)] == ["connected"]


def test_the_network_is_away(app: Flask, control: Control) -> None:
    """Not reachable while coming back: a sentence, nothing connected, nothing half written."""
    emil = rows.emil()
    client = browser(app, emil)
    back = say(depart(client))
    control.fault("status", status=503, path="/oauth/token")
    client.get(back)
    assert mine(emil) == []
    assert "does not answer at the moment" in client.get("/accounts").text


@pytest.mark.parametrize("typed", ["", "localhost", "http://10.0.0.1/", "you@127.0.0.1", "not a server", "https://a:b@social.example/"])
def test_a_server_that_cannot_be(app: Flask, control: Control, typed: str) -> None:
    """What was typed stays, with a sentence beside it; no request is made."""
    answer = browser(app, rows.emil()).post("/accounts/connect/mastodon", data={"server": typed})
    assert answer.status_code == 422
    assert "We cannot reach a server by that name" in answer.text
    assert (f'value="{typed}"' in answer.text) or not typed


def test_a_network_that_is_not_there(app: Flask, control: Control) -> None:
    """Like everything that is not there."""
    assert browser(app, rows.emil()).post("/accounts/connect/myspace").status_code == 404


def test_settings_of_an_account(app: Flask, control: Control) -> None:
    """Default and visibility are the person's choice; a visibility that is not offered is refused."""
    emil = rows.emil()
    client = connect(app, emil)
    [account] = mine(emil)
    assert client.post(f"/accounts/{account.id}", data={"visibility": "unlisted"}).status_code == 303
    assert [(one.is_default, one.visibility) for one in mine(emil)] == [(False, "unlisted")]
    assert client.post(f"/accounts/{account.id}", data={"visibility": "direct", "default": "yes"}).status_code == 422
    assert [(one.is_default, one.visibility) for one in mine(emil)] == [(False, "unlisted")]


def test_somebody_elses_account(app: Flask, control: Control) -> None:
    """For everybody else it does not exist, an admin included."""
    connect(app, emil := rows.emil())
    [account] = mine(emil)
    for stranger in (rows.ada(), rows.edda()):
        client = browser(app, stranger)
        assert client.post(f"/accounts/{account.id}", data={"visibility": "public"}).status_code == 404
        assert client.post(f"/accounts/{account.id}/disconnect").status_code == 404
        assert client.post(f"/accounts/{uuid.uuid4()}/disconnect").status_code == 404
    [pending] = session.scalars(select(PendingConnection.id)).all()
    assert browser(app, rows.ada()).get(f"/accounts/connect/{pending}").status_code == 404
    assert mine(emil)[0].state == "connected"


def test_disconnecting(app: Flask, control: Control) -> None:
    """Tokens wiped here, revoked there, what had not left cancelled; the history stays."""
    emil = rows.emil()
    client = connect(app, emil)
    [account] = mine(emil)
    made = builders.share(emil, builders.post(), account, at=builders.later(hours=1))
    session.commit()
    client.post(f"/accounts/{account.id}/disconnect")
    [account] = mine(emil)
    assert (account.state, account.tokens) == ("disconnected", None)
    assert [(one.state, one.problem) for one in builders.deliveries(made)] == [("cancelled", "account_disconnected")]
    builders.eventually(lambda: len(control.requests("POST", "/oauth/revoke")) == 1)
    assert [one["status"] for one in control.requests("POST", "/oauth/revoke")] == [200]
    assert client.post(f"/accounts/{account.id}/disconnect").status_code == 404


def test_disconnecting_while_the_network_is_away(app: Flask, control: Control) -> None:
    """The tokens are wiped in any case."""
    emil = rows.emil()
    client = connect(app, emil)
    control.fault("drop_before", path="/oauth/revoke")
    client.post(f"/accounts/{mine(emil)[0].id}/disconnect")
    assert mine(emil)[0].tokens is None
    builders.eventually(lambda: not control.waiting())


def test_connecting_again_after_disconnecting(app: Flask, control: Control) -> None:
    """The same row comes back, so that one post still goes to one account once."""
    emil = rows.emil()
    client = connect(app, emil)
    [account] = mine(emil)
    client.post(f"/accounts/{account.id}/disconnect")
    connect(app, emil)
    assert [(one.id, one.state) for one in mine(emil)] == [(account.id, "connected")]
