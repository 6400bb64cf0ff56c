"""Recordings: HAR files read as evidence, the suite's own and those that a browser exported."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.errors import WrongCall
from contracts.evidence.evidence import Evidence, Part, Source, Step
from contracts.evidence.har import BASE64, FORMAT, OWN
from contracts.http.credential import HEADER_VALUE, READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import CUSTOMERS, OPERATION, TRACEPARENT, Exchange, Failure, Request, Response, update
from contracts.http.target import MIB
from contracts.rules.promise import violation

LARGEST = 64 * MIB

# What the client puts there by itself.
_CLIENT_S = frozenset({"host", "user-agent", "accept-encoding", "content-length", TRACEPARENT})
# One segment that is no dot segment: what is not a request to the operation is never sent.
_PATH = re.compile(rf"{CUSTOMERS}/(?!\.{{1,2}}$)[^/?#\x00-\x20\x7f-\U0010ffff]+")


def files(paths: Iterable[Path]) -> list[Path]:
    """The HAR files that are named, or are in a folder that is named; each once.

    Raises:
        WrongCall: there is no such file or folder, or no HAR file in it.

    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.har")) if path.is_dir() else [path] if path.is_file() else []
        if not inside:
            raise WrongCall(f"{path} has no .har file in it" if path.is_dir() else f"there is no file {path}")
        found += inside
    return list(dict.fromkeys(found))


def read(path: Path) -> list[Evidence]:
    """The evidence in a HAR file, of ours or of a browser's.

    Raises:
        WrongCall: it is no HAR file, has no request to the operation in it, is too large or of a newer format.

    """
    try:
        if path.stat().st_size > LARGEST:
            raise WrongCall(f"{path} is larger than {LARGEST // MIB} MiB; cut it to the entries that matter")
        return evidence_in(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise WrongCall(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongCall(f"{path} is no HAR file, or is broken") from None


def evidence_in(text: str, name: str = "it") -> list[Evidence]:
    """The evidence in the text of a HAR file; `name` is how messages call it.

    Raises:
        WrongCall: as `read` says.

    """
    try:
        log = json.loads(text)["log"]
        own, entries = log.get(OWN), list(log["entries"])
        found = [_evidence(own, entries)] if own else list(_foreign(entries))
    except _Newer as error:
        raise WrongCall(f"{name} has format {error}, newer than {FORMAT}: replay it with a newer version") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise WrongCall(f"{name} is no HAR file, or is broken") from None
    if not found:
        raise WrongCall(f"{name} has no {OPERATION} {CUSTOMERS}/{{customerSlug}} in it")
    return found


class _Newer(Exception):
    """A format that this version does not know."""


def _evidence(own: Mapping[str, Any], entries: list[Any]) -> Evidence:
    if own["format"] > FORMAT:
        raise _Newer(own["format"])
    evidence = Evidence(
        tuple(_step(entry, own["base_url"]) for entry in entries),
        Source(own["contract"], own["base_url"], own["seed"], own["test"]),
        violation(own["rule"], own["expected"], own["actual"], own["place"]),
        tuple(own["rules"]),
        bool(own["seen_once"]),
        # Files of earlier versions do not have these.
        int(own.get("broke", 0)),
        int(own.get("tried", 0)),
    )
    if not evidence.part(Part.FAILING):
        raise LookupError("no step that failed")
    return evidence


def _step(entry: Mapping[str, Any], base_url: str) -> Step:
    request = entry["request"]
    sent = tuple((_text(header["name"]), _text(header["value"])) for header in request["headers"])
    headers = tuple(
        (name, value) for name, value in sent if name.lower() not in _CLIENT_S and not HEADER_VALUE.fullmatch(value)
    )
    template = Request(request["method"], request["_template"], headers, _body(request))
    part = Part(entry["_part"])
    if part is not Part.READ and not (template.method == OPERATION and _PATH.fullmatch(template.path)):
        raise ValueError("no request to the operation")
    request_sent = replace(template, path=str(request["url"]).removeprefix(base_url))
    return Step(part, template, replace(_exchange(request_sent, entry), sent_headers=sent))


def _text(value: Any) -> str:
    """Part of a header that can be sent again: HTTP has no other characters than these (RFC 9110 section 5.5)."""
    return str(value).encode("latin-1").decode("latin-1")


def _exchange(request: Request, entry: Mapping[str, Any]) -> Exchange:
    response = entry["response"]
    failure = Failure[response["_failure"]] if response.get("_failure") else None
    started = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    came = None if failure or not response["status"] else _came(response)
    return Exchange(request, came, failure, float(entry["time"]) / 1000, started=started)


def _came(response: Mapping[str, Any]) -> Response:
    content = response["content"]
    text = content.get("text") or ""
    body = base64.b64decode(text) if content.get("encoding") == BASE64 else text.encode()
    wire = base64.b64decode(response["_after_head"]) if "_after_head" in response else body
    headers = tuple((str(header["name"]), str(header["value"])) for header in response["headers"])
    return Response(int(response["status"]), headers, body, wire, str(response.get("statusText", "")))


def _body(request: Mapping[str, Any]) -> bytes:
    data = request.get("postData") or {}
    text = data.get("text") or ""
    return base64.b64decode(text) if data.get("_encoding") == BASE64 else text.encode("utf-8", "surrogatepass")


def _foreign(entries: list[Any]) -> Iterator[Evidence]:
    """Each request to the operation in a recording of somebody else's, without the credential in it."""
    for entry in entries:
        request = entry["request"]
        url = urlsplit(request["url"])
        prefix, _, slug = url.path.rpartition(f"{CUSTOMERS}/")
        if request["method"] != OPERATION or not _PATH.fullmatch(url.path.removeprefix(prefix)):
            continue
        headers = {header["name"].lower(): _text(header["value"]) for header in request["headers"]}
        role = _authorization(entry["response"]["status"], headers.get("authorization"))
        template = update(slug, _body(request), content_type=headers.get("content-type"), authorization=role)
        base_url = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{prefix}"
        exchange = _exchange(template, entry)
        yield Evidence((Step(Part.FAILING, template, _decoded(exchange)),), Source("", base_url))


def _decoded(exchange: Exchange) -> Exchange:
    """The exchange without the content coding: a browser undoes it before it records."""
    response = exchange.response
    if response is None:
        return exchange
    headers = tuple((name, value) for name, value in response.headers if name.lower() != "content-encoding")
    return replace(exchange, response=replace(response, headers=headers))


def _authorization(status: int, authorization: str | None) -> tuple[str, ...]:
    """The credential to use in place of the recorded one, as far as the answer tells; browsers often leave it out."""
    if status == 401:
        return () if authorization is None else ("Bearer ksh_contract-test-unknown",)
    return (f"Bearer {READ_TOKEN if status == 403 else WRITE_TOKEN}",)
