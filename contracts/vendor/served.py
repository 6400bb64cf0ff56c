"""The mock: the documented vendor, in process as a respx router, or behind a real port as an ASGI application."""

from __future__ import annotations

import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import respx
import uvicorn

from contracts.http.target import MIB, MOCK_URL
from contracts.vendor.model import Answer, Call, Refusal, Vendor

# What the server reads of one body; the vendor refuses from 1 MiB on, but reads on to answer in good order.
_BODY_LIMIT = 8 * MIB
_CUSTOMER = re.escape(MOCK_URL) + r"/customers/[^/?#]+"

Asgi = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


def router(vendor: Vendor) -> respx.Router:
    """The vendor as respx routes: what is not routed fails, and nothing goes to the network.

    That every route was called is not asserted: a run of a few selected tests needs few of them.
    """
    routes = respx.Router(assert_all_called=False, assert_all_mocked=True)

    def answer(request: httpx.Request) -> httpx.Response:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        call = Call(request.method, request.url.raw_path.decode("ascii"), headers, request.content)
        given = vendor.handle(call)
        return httpx.Response(given.status, headers=given.headers, content=given.body)

    routes.route(method="POST", url=f"{MOCK_URL}/customers").mock(side_effect=answer)
    for method in ("PUT", "GET", "DELETE"):
        routes.route(method=method, url__regex=f"^{_CUSTOMER}$").mock(side_effect=answer)
    return routes


def transport(vendor: Vendor) -> httpx.MockTransport:
    """The same as a transport for httpx; only the newest call is remembered, so that memory stays flat."""
    routes = router(vendor)

    def handle(request: httpx.Request) -> httpx.Response:
        routes.calls.clear()
        return routes.handler(request)

    return httpx.MockTransport(handle)


def application(vendor: Vendor) -> Asgi:
    """The vendor as an ASGI 3 application."""

    async def serve(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        call = Call(scope["method"], scope["raw_path"].decode("latin-1"), headers, await _body(receive))
        try:
            answer = vendor.handle(call)
        # Whatever it is, a server answers: a 500 is a violation, so that nothing is hidden by it.
        except Exception:
            answer = vendor.problem(call, Refusal(500, "The mock failed."))
        await _send(answer, send)

    return serve


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")[: _BODY_LIMIT - len(body)]
        if not message.get("more_body"):
            return bytes(body)


async def _send(answer: Answer, send: Any) -> None:
    length = [] if answer.status == 204 else [("Content-Length", str(len(answer.body)))]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in [*answer.headers, *length]]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def server(vendor: Vendor) -> uvicorn.Server:
    """A server for the vendor; give it a listening socket to run on."""
    config = uvicorn.Config(
        application(vendor),
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        # What a client does wrong it is told itself, and one that never ends its request keeps no server from ending.
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or is not ours to take.

    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening
