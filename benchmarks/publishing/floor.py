"""The floor: claim 500 rows, send them over 64 kept-open connections, one UPDATE a batch, and nothing else. What any engine must cost."""

import argparse
import asyncio
import json
import time

import psycopg

BATCH, IN_FLIGHT = 500, 64
CLAIM = b"""
UPDATE queue SET state = 'sending' WHERE id IN (
    SELECT id FROM queue WHERE owner = 'floor' AND state = 'queued' AND due_at <= now()
    ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING id, account, body
"""
RECORD = b"""
UPDATE queue SET state = 'published', remote_id = done.remote_id, published_at = now()
FROM unnest(%s::bigint[], %s::text[]) AS done (id, remote_id) WHERE queue.id = done.id
"""
Row = tuple[int, int, str]


async def send(port: int, rows: "asyncio.Queue[Row]", done: dict[int, str]) -> None:
    """One kept-open connection: the next row when the last one is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        number, account, body = await rows.get()
        sent = json.dumps({"status": body}).encode()
        head = (
            f"POST /api/v1/statuses HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer t-{account}\r\n"
            f"Idempotency-Key: {number}\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
        )
        writer.write(head.encode() + sent)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        done[number] = str(json.loads(await reader.readexactly(length))["id"])
        rows.task_done()


async def work(address: str, port: int, in_flight: int) -> int:
    """Until nothing is due; returns how many were sent."""
    rows: asyncio.Queue[Row] = asyncio.Queue()
    done: dict[int, str] = {}
    senders = [asyncio.create_task(send(port, rows, done)) for _ in range(in_flight)]
    total = 0
    with psycopg.connect(address, autocommit=True) as connection:
        while claimed := connection.execute(CLAIM, (BATCH,)).fetchall():
            for row in claimed:
                rows.put_nowait((int(row[0]), int(row[1]), str(row[2])))
            await rows.join()
            connection.execute(RECORD, (list(done), list(done.values())))
            total, done_before = total + len(done), len(done)
            done.clear()
            assert done_before == len(claimed)
    for sender in senders:
        sender.cancel()
    return total


def main() -> None:
    """Wait for a word on standard input, work, print wall and processor seconds."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--database", required=True)
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--in-flight", type=int, default=IN_FLIGHT)
    given = arguments.parse_args()
    input()
    cpu, wall = time.process_time(), time.time()
    total = asyncio.run(work(given.database, given.port, given.in_flight))
    print(json.dumps({"total": total, "cpu": time.process_time() - cpu, "began": wall, "wall": time.time() - wall}))


if __name__ == "__main__":
    main()
