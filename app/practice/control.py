"""The control API for trainers and tests: switch faults, see what really exists. Needs the control token.

Without a control token the site has no control API at all (404).
"""

from dataclasses import fields as parts
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from app.practice import accounts, entities, grants, statuses
from app.practice.callers import bearer
from app.practice.errors import refuse
from app.practice.faults import SWITCH_KINDS, WIRE_KINDS, Fault
from app.practice.oauth import token_entity
from app.practice.pacing import iso
from app.practice.site import here

blueprint = Blueprint("control", __name__, url_prefix="/_practice")
_TYPES: dict[str, tuple[type, ...]] = {
    "times": (int, type(None)),
    "seconds": (int, float),
    "status": (int,),
    "retry_after": (int,),
    "reset_after": (int, float),
    "made": (bool,),
    "polls": (int,),
    "fails": (bool,),
}


@blueprint.before_request
def _trainers_only() -> None:
    token = here().control_token
    if token is None:
        abort(404)
    if not compare_digest(bearer().encode(), token.encode()):
        refuse(401, "The control token is missing or wrong")


@blueprint.put("/faults")
def add_fault() -> ResponseReturnValue:
    """Let one fault wait; `expire_tokens` happens at once."""
    sent = _object()
    kind = sent.get("kind")
    if kind == "expire_tokens":
        return _expire_tokens(sent)
    if kind not in WIRE_KINDS | SWITCH_KINDS:
        refuse(422, f"Unknown kind: one of {', '.join(sorted(WIRE_KINDS | SWITCH_KINDS | {'expire_tokens'}))}")
    unknown = set(sent) - {part.name for part in parts(Fault)} | set(sent) & {"id"}
    unfit = {name for name in sent if name not in unknown and not isinstance(sent[name], _TYPES.get(name, (str, type(None))))}
    if unknown or unfit:
        refuse(422, f"Unknown or unfit: {', '.join(sorted(unknown | unfit))}")
    if kind in SWITCH_KINDS:
        sent.setdefault("times", None)
    return jsonify(here().faults.add(Fault(**sent)))


def _object() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else refuse(422, "Send a JSON object")


def _expire_tokens(sent: dict[str, Any]) -> Response:
    with here().storage.opened() as db:
        ended = grants.expire_tokens(db, here(), username=sent.get("account"), refresh_too=bool(sent.get("refresh_too")))
    return jsonify(kind="expire_tokens", ended=ended)


@blueprint.get("/faults")
def list_faults() -> Response:
    """What waits."""
    return jsonify(here().faults.listed())


@blueprint.delete("/faults")
def remove_faults() -> Response:
    """All is well again; `?id=` removes one."""
    here().faults.remove(request.args.get("id", type=int))
    return jsonify(here().faults.listed())


@blueprint.get("/statuses")
def existing_statuses() -> Response:
    """What really exists, of every visibility, oldest first; `?account=` for one person, `?after=` an id for what is newer."""
    query = (
        "SELECT s.id, a.username AS account, s.text, s.visibility, s.in_reply_to_id, s.idempotency_key, s.created_at"
        " FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE (? IS NULL OR a.username = ?) AND s.id > ? ORDER BY s.id"
    )
    account, after = request.args.get("account"), request.args.get("after", 0, type=int)
    with here().storage.opened() as db:
        rows = [dict(row) for row in db.execute(query, (account, account, after))]
    return jsonify([{**row, "id": str(row["id"]), "created_at": iso(row["created_at"])} for row in rows])


@blueprint.post("/accounts")
def make_account() -> ResponseReturnValue:
    """An account with a token, without the walk through OAuth: `name`, `scopes`, `language`, `client_id` of a known application."""
    sent = _object()
    scopes = str(sent.get("scopes") or " ".join(grants.SCOPES))
    with here().storage.opened() as db:
        account = accounts.named(db, here(), str(sent.get("name") or ""), sent.get("language"))
        app = grants.app_by_client_id(db, str(sent.get("client_id") or "")) or grants.register_app(
            db,
            here(),
            name=str(sent.get("app") or "Test"),
            redirect_uris=["http://127.0.0.1/"],
            scopes=scopes,
            website=None,
        )
        token = grants.issue_token(db, here(), app_id=app["id"], account_id=account["id"], scopes=scopes)
        shown = entities.account(here(), account)
    return jsonify({**shown, **token_entity(token), "client_id": app["client_id"], "client_secret": app["client_secret"]})


@blueprint.post("/statuses")
def make_status() -> Response:
    """A post by somebody, for a full timeline: `account` and `text`, perhaps `in_reply_to_id`, `language`."""
    sent = _object()
    reply_to = int(sent["in_reply_to_id"]) if sent.get("in_reply_to_id") else None
    draft = statuses.Draft(text=str(sent.get("text") or ""), in_reply_to_id=reply_to, language=sent.get("language"))
    with here().storage.opened() as db:
        account = accounts.named(db, here(), str(sent.get("account") or ""))
        return jsonify(entities.statuses(here(), db, [statuses.post(db, here(), account=account, draft=draft)])[0])


@blueprint.get("/requests")
def list_requests() -> Response:
    """The last requests, oldest first; `?method=` and `?path=` choose."""
    return jsonify(here().journal.read(method=request.args.get("method"), path=request.args.get("path")))


@blueprint.delete("/requests")
def forget_requests() -> Response:
    """Start the log anew."""
    here().journal.clear()
    return jsonify([])
