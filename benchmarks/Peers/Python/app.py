"""The Python peer: a transfer endpoint behind the middleware of asgi-idempotency-header 0.2.0, with its Redis backend.

The package (https://github.com/snok/asgi-idempotency-header) stores the JSON answer of a POST or PATCH that has an
Idempotency-Key, and replays it with `idempotent-replayed: true`. A duplicate of a request that still runs gets 409.
A first request costs six Redis commands one after the other (GET, SADD, 2 SET, 2 EXPIRE), a replay two (2 GET).

What it does not do and our protocol does, by its source (middleware.py, backends/redis.py):
- No fingerprint: the key alone finds the answer, whatever the body, the path, the method or the caller.
- No lease: the key goes into one Redis set that never expires. If the handler raises, the process dies or the answer
  cannot be stored, each retry gets 409 for ever. So does each retry after the answer has expired: a key whose answer
  was stored is never taken out of the set.
- No owner token or fencing: whoever finishes stores its answer, unconditionally.
- No atomic record: the body and the status are two keys, each with a SET and later an EXPIRE. A retry that comes
  between the two SETs finds a body without a status and gets 500.
- No byte-for-byte replay: it keeps the status and the parsed JSON, not the headers, and encodes the JSON anew.
- Nothing but JSON: an answer with another content type (`application/json; charset=utf-8` is one) frees the key, and
  the retry runs again.

Run it in this folder: REDIS_URL=unix:///tmp/redis.sock python -m uvicorn app:app --workers 2 --loop uvloop
"""

import os

from idempotency_header_middleware import IdempotencyHeaderMiddleware
from idempotency_header_middleware.backends import RedisBackend
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def ready(request: Request) -> Response:
    return Response()


async def transfer(request: Request) -> Response:
    await request.body()
    return JSONResponse({"id": "tr_12345678", "status": "done", "amount": "100.00"})


backend = RedisBackend(redis=Redis.from_url(os.environ["REDIS_URL"]), expiry=24 * 60 * 60)

app = Starlette(
    routes=[
        Route("/", ready, methods=["GET"]),
        Route("/wallets/{id}/transfers", transfer, methods=["POST"]),
    ],
    middleware=[Middleware(IdempotencyHeaderMiddleware, backend=backend)],
)
