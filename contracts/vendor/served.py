"""The mock: the documented vendor, in process as a respx router, or behind a real port as an ASGI application."""

import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import respx
import uvicorn

from contracts.http.exchange import Response
from contracts.http.request import Request
from contracts.http.target import MIB, MOCK_URL
from contracts.vendor.model import Call, Refusal, Vendor

# How much of one body the server keeps. The vendor refuses more than 1 MiB, but reads on to answer in good order.
_BODY_LIMIT = 8 * MIB
_CUSTOMER = re.escape(MOCK_URL) + r"/customers/[^/?#]+"


def _call(method: str, path: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Call:
    named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    return Call(method, path.decode("latin-1"), named, body)


def transport(vendor: Vendor) -> Callable[[Request], Response]:
    """The vendor as respx routes, in place of the wire. A request without a route fails; none goes to the network."""
    # A run of a few selected tests needs few of the routes.
    routes = respx.Router(assert_all_called=False, assert_all_mocked=True)

    def answer(request: httpx.Request) -> httpx.Response:
        given = vendor.handle(_call(request.method, request.url.raw_path, request.headers.raw, request.content))
        return httpx.Response(given.status, headers=given.headers, content=given.body)

    def handle(sent: Request) -> Response:
        # Only the newest call is remembered, so that memory stays flat.
        routes.reset()
        # httpx refuses white space around the value of a header, so it is stripped.
        fields = [(name.encode(), value.strip(" \t").encode("latin-1")) for name, value in sent.headers]
        url = httpx.URL(MOCK_URL).copy_with(raw_path=sent.path.encode("ascii"))
        given = routes.handler(httpx.Request(sent.method, url, headers=fields, content=sent.body))
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in given.headers.raw)
        return Response(given.status_code, headers, given.content, given.content, given.reason_phrase)

    routes.route(method="POST", url=f"{MOCK_URL}/customers").mock(side_effect=answer)
    routes.route(method__in=["PUT", "GET", "DELETE"], url__regex=f"^{_CUSTOMER}$").mock(side_effect=answer)
    return handle


def application(vendor: Vendor) -> Callable[..., Awaitable[None]]:
    """The vendor as an ASGI 3 application."""

    async def serve(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        body, message = bytearray(), {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")[: _BODY_LIMIT - len(body)]
        call = _call(scope["method"], scope["raw_path"], scope["headers"], bytes(body))
        try:
            answer = vendor.handle(call)
        # A server answers whatever happens. A 500 is a violation, so it does not hide the error.
        except Exception:
            answer = vendor.problem(call, Refusal(500, "The mock failed."))
        length = [] if answer.status == 204 else [("Content-Length", str(len(answer.body)))]
        headers = [(name.encode(), value.encode("latin-1")) for name, value in [*answer.headers, *length]]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return serve


def server(vendor: Vendor) -> uvicorn.Server:
    """A server for the vendor; give it a listening socket to run on."""
    config = uvicorn.Config(
        application(vendor),
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        # A client's mistakes are answered and not logged. A client that never ends its request cannot delay the end.
        log_level="critical",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError if the port is taken, or is not ours to take."""
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
