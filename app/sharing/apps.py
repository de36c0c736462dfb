"""Our application at each server of a network, registered once."""

from sqlalchemy import delete, select, text

from app.db import session
from app.networks.base import AppCredentials
from app.sealed import is_lost
from app.sharing.account_models import NetworkApp
from app.sharing.networks import network


def known(network_key: str, host: str) -> AppCredentials | None:
    """Our newest registration at a server, if there is one."""
    rows = select(NetworkApp).where(NetworkApp.network == network_key, NetworkApp.host == host)
    row = session.scalars(rows.order_by(NetworkApp.id.desc()).limit(1)).one_or_none()
    return AppCredentials.from_json(row.credentials) if row and not is_lost(row.credentials) else None


def registered(network_key: str, host: str, redirect_uri: str) -> AppCredentials:
    """Our registration at a server for this redirect address, made now if need be; two people at once make one.

    Raises the faults of the network.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:place, 0))"), {"place": f"application {network_key} {host} {redirect_uri}"}
    )
    rows = select(NetworkApp).where(NetworkApp.network == network_key, NetworkApp.host == host, NetworkApp.redirect_uri == redirect_uri)
    row = session.scalars(rows.order_by(NetworkApp.id.desc()).limit(1)).one_or_none()
    if row is not None and not is_lost(row.credentials):
        return AppCredentials.from_json(row.credentials)
    made = network(network_key).register_app(host, redirect_uri)
    forget(network_key, host, redirect_uri)
    session.add(
        NetworkApp(network=network_key, host=host, redirect_uri=redirect_uri, scopes=" ".join(made.scopes), credentials=made.as_json())
    )
    session.flush()
    return made


def forget(network_key: str, host: str, redirect_uri: str) -> None:
    """The server does not know us any more: the next login registers anew."""
    session.execute(
        delete(NetworkApp).where(NetworkApp.network == network_key, NetworkApp.host == host, NetworkApp.redirect_uri == redirect_uri)
    )
