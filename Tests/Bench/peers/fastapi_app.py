"""A callback service as one would write it with FastAPI: verify, parse, one event a callback, SQLite, 200.

With BENCH_COMMIT=group a thread commits all that waits; otherwise each request is a commit. It keeps no raw body, and
knows no duplicates.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

KEY = base64.b64decode(os.environ["TELESIGN_KEY"])
INSERT = "INSERT INTO events(received, json) VALUES(?, ?)"


def open_database() -> sqlite3.Connection:
    database = sqlite3.connect(os.environ["BENCH_JOURNAL"], isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE IF NOT EXISTS events(sequence INTEGER PRIMARY KEY, received INTEGER, json BLOB)")
    return database


class CommitEach:
    """A commit a request, in its handler."""

    def __init__(self) -> None:
        self.database = open_database()

    async def store(self, received: int, event: bytes) -> None:
        self.database.execute(INSERT, (received, event))


class CommitTogether:
    """A thread that puts whatever waits into one commit."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: list[tuple[int, bytes, asyncio.Future[None]]] = []
        self.came = threading.Condition()
        threading.Thread(target=self.work, daemon=True).start()

    async def store(self, received: int, event: bytes) -> None:
        done = self.loop.create_future()
        with self.came:
            self.waiting.append((received, event, done))
            self.came.notify()
        await done

    def work(self) -> None:
        database = open_database()
        while True:
            with self.came:
                self.came.wait_for(lambda: self.waiting)
                batch, self.waiting = self.waiting, []
            database.execute("BEGIN IMMEDIATE")
            database.executemany(INSERT, [(received, event) for received, event, _ in batch])
            database.execute("COMMIT")
            self.loop.call_soon_threadsafe(self.release, [done for _, _, done in batch])

    @staticmethod
    def release(finished: list[asyncio.Future[None]]) -> None:
        for done in finished:
            if not done.done():
                done.set_result(None)


def is_authentic(authorization: str | None, body: bytes) -> bool:
    wanted = base64.b64encode(hmac.digest(KEY, body, hashlib.sha256)).decode()
    return authorization is not None and hmac.compare_digest(authorization.rpartition(":")[2], wanted)


def event_of(callback: dict[str, Any], received: int) -> dict[str, Any]:
    user = callback.get("user_response") or {}
    content = callback.get("content") or {}
    inner = content.get("content") or {}
    tap = content.get("end_user_action") or {}
    file = (content.get("file") or {}).get("payload") or {}
    status = callback.get("status") or {}
    kind = callback.get("sub_resource")
    own = callback.get("waba_phone_number")
    text = user.get("mo_message") or tap.get("text") or content.get("text") or content.get("text_1") or inner.get("body")
    address = content.get("url_image_1") or inner.get("url") or file.get("uri")
    return {
        "id": callback["reference_id"],
        "channel": "whatsapp" if own else {"mo_email": "email", "mo_mms": "mms", "mo_rcs": "rcs"}.get(kind or "", "sms"),
        "from": user.get("phone_number") or callback.get("phone_number") or callback.get("email"),
        "to": user.get("sender_id") or callback.get("rcs_sender_id") or own,
        "text": text,
        "media": {"url": address, "type": inner.get("mime_type") or file.get("mime_type")} if address else None,
        "keyword": user.get("action") or tap.get("action") or tap.get("event"),
        "status": {"code": status.get("code"), "description": status.get("description")},
        "occurredAt": callback.get("submit_timestamp") or status.get("updated_on"),
        "receivedAt": received,
    }


journal: CommitEach | CommitTogether


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    global journal
    journal = CommitTogether() if os.environ["BENCH_COMMIT"] == "group" else CommitEach()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/in/telesign")
async def callback(request: Request) -> Response:
    body = await request.body()
    if not is_authentic(request.headers.get("authorization"), body):
        return Response(status_code=401)
    received = time.time_ns() // 1_000
    try:
        event = event_of(orjson.loads(body), received)
    except (orjson.JSONDecodeError, KeyError):
        return Response(status_code=400)
    await journal.store(received, orjson.dumps(event))
    return Response(status_code=200)
