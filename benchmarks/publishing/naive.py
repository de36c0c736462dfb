"""The naive design: a Celery task for every delivery, one row, one request, one commit each. Settings come by the environment."""

import os
from typing import Any

import psycopg
import requests
from celery import Celery

PROCESSES = 2
app = Celery("naive", broker=os.environ.get("NAIVE_BROKER", ""))
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_send_task_events=False, broker_connection_retry_on_startup=True)
_kept: dict[str, Any] = {}


def _open() -> tuple["psycopg.Connection[tuple[object, ...]]", requests.Session]:
    if not _kept:
        _kept["database"], _kept["session"] = psycopg.connect(os.environ["NAIVE_DATABASE"], autocommit=True), requests.Session()
    return _kept["database"], _kept["session"]


@app.task(name="publish")  # type: ignore[untyped-decorator]
def publish(number: int) -> None:
    """Send one row and write down what came back."""
    database, session = _open()
    row = database.execute(b"SELECT account, body FROM queue WHERE id = %s AND state = 'queued'", (number,)).fetchone()
    if row is None:
        return
    headers = {"Authorization": f"Bearer t-{row[0]}", "Idempotency-Key": str(number)}
    answer = session.post(f"{os.environ['NAIVE_NETWORK']}/api/v1/statuses", json={"status": row[1]}, headers=headers, timeout=60)
    answer.raise_for_status()
    done = b"UPDATE queue SET state = 'published', remote_id = %s, published_at = now() WHERE id = %s"
    database.execute(done, (str(answer.json()["id"]), number))


@app.task(name="noop")  # type: ignore[untyped-decorator]
def noop() -> None:
    """For the machine's fingerprint."""
