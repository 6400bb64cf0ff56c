"""Evidence as HAR 1.2 files, which any browser's network panel opens; and HAR files of any browser as evidence.

What HAR has no place for stands in members of our own, whose names begin with an underscore (HAR 1.2 specification,
"Custom fields").
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import harfile

from contracts import __version__
from contracts.credential import READ_TOKEN, WRITE_TOKEN, Headers, role_of
from contracts.evidence import Evidence, Part, Source, Step
from contracts.exchange import (
    CUSTOMERS,
    OPERATION,
    Exchange,
    Failure,
    Request,
    Response,
    update,
)
from contracts.promise import violation
from contracts.target import MIB, WrongCall

FORMAT = 1
LARGEST = 64 * MIB

_OWN = "_contract"
_BASE64 = "base64"
# What the client puts there by itself.
_CLIENT_S = frozenset({"host", "user-agent", "accept-encoding", "content-length"})
# One segment that is no dot segment: what is not a request to the operation is never sent.
_PATH = re.compile(rf"{CUSTOMERS}/(?!\.{{1,2}}$)[^/?#]+")
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def write(path: Path, evidence: Evidence) -> None:
    """Write evidence to a file.

    Raises:
        OSError: it cannot be written.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_har(evidence), encoding="utf-8")


def to_har(evidence: Evidence) -> str:
    """Evidence as the text of a HAR file."""
    out = io.StringIO()
    with harfile.open(out, creator=harfile.Creator("kaiten-contract-tests", __version__)) as har:
        for step in evidence.steps:
            _add(har, step.exchange, evidence.source.base_url)
    content = json.loads(out.getvalue())
    content["log"][_OWN] = _own(evidence)
    for entry, step in zip(content["log"]["entries"], evidence.steps, strict=True):
        _mark(entry, step)
    return json.dumps(content, indent=1)


def _own(evidence: Evidence) -> dict[str, Any]:
    broken = evidence.violation
    return {
        "format": FORMAT,
        "rule": evidence.rule,
        "rules": evidence.rules,
        "promise": broken.promise.sentence if broken else None,
        "expected": broken.expected if broken else None,
        "actual": broken.actual if broken else None,
        "place": broken.place if broken else None,
        "seen_once": evidence.seen_once,
        "test": evidence.source.test,
        "contract": evidence.source.contract,
        "base_url": evidence.source.base_url,
        "seed": evidence.source.seed,
        "suite": __version__,
    }


def _add(har: harfile.HarFile, exchange: Exchange, base_url: str) -> None:
    request, response = exchange.request, exchange.response
    text, _ = _as_text(request.body)
    milliseconds = round(exchange.seconds * 1000, 3)
    har.add_entry(
        startedDateTime=datetime.fromtimestamp(exchange.started, UTC).strftime(_ISO),
        time=milliseconds,
        request=harfile.Request(
            request.method,
            base_url + request.path,
            "HTTP/1.1",
            headers=_records(exchange.sent_headers or request.headers),
            postData=harfile.PostData(request.header("Content-Type") or "", text=text),
            bodySize=len(request.body),
        ),
        response=_response(response) if response else harfile.Response(0, "", "HTTP/1.1"),
        timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
    )


def _response(response: Response) -> harfile.Response:
    text, encoding = _as_text(response.body)
    media_type = next(iter(response.values("Content-Type")), "")
    return harfile.Response(
        response.status,
        response.reason,
        "HTTP/1.1",
        headers=_records(response.headers),
        content=harfile.Content(len(response.body), mimeType=media_type, text=text, encoding=encoding),
        redirectURL=next(iter(response.values("Location")), ""),
        bodySize=len(response.wire_body),
    )


def _records(headers: Headers) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in headers]


def _mark(entry: dict[str, Any], step: Step) -> None:
    request, response = step.exchange.request, step.exchange.response
    entry["_part"] = step.part
    entry["request"] |= {
        "_template": step.template.path,
        "_disposable": step.template.is_template,
        "_credential": role_of(request.headers),
    }
    if _as_text(request.body)[1]:
        entry["request"]["postData"]["_encoding"] = _BASE64
    if response is None:
        entry["response"]["_failure"] = step.exchange.failure and step.exchange.failure.name
    elif response.wire_body != response.body:
        entry["response"]["_after_head"] = base64.b64encode(response.wire_body).decode()
    if step.exchange.persistent:
        entry["response"]["_persistent"] = True


def _as_text(body: bytes) -> tuple[str, str | None]:
    """The body as text, and the encoding of that text where the body is none itself."""
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), _BASE64


def files(paths: Iterable[Path]) -> list[Path]:
    """The HAR files that are named, or are in a folder that is named; each once.

    Raises:
        WrongCall: there is no such file or folder, or no HAR file in it.

    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.har")) if path.is_dir() else [path] if path.is_file() else []
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
        log = json.loads(path.read_text(encoding="utf-8-sig"))["log"]
        own, entries = log.get(_OWN), list(log["entries"])
        found = [_evidence(own, entries)] if own else list(_foreign(entries))
    except OSError as error:
        raise WrongCall(f"{path} cannot be read: {error.strerror}") from None
    except _Newer as error:
        raise WrongCall(f"{path} has format {error}, newer than {FORMAT}: replay it with a newer version") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise WrongCall(f"{path} is no HAR file, or is broken") from None
    if not found:
        raise WrongCall(f"{path} has no {OPERATION} {CUSTOMERS}/{{customerSlug}} in it")
    return found


class _Newer(Exception):
    """A format that this version does not know."""


def _evidence(own: Mapping[str, Any], entries: list[Any]) -> Evidence:
    if own["format"] > FORMAT:
        raise _Newer(own["format"])
    evidence = Evidence(
        tuple(_step(entry) for entry in entries),
        Source(own["contract"], own["base_url"], own["seed"], own["test"]),
        violation(own["rule"], own["expected"], own["actual"], own["place"]),
        tuple(own["rules"]),
        bool(own["seen_once"]),
    )
    if not evidence.part(Part.FAILING):
        raise LookupError("no step that failed")
    return evidence


def _step(entry: Mapping[str, Any]) -> Step:
    request = entry["request"]
    headers = tuple(
        (str(header["name"]), str(header["value"]))
        for header in request["headers"]
        if header["name"].lower() not in _CLIENT_S
    )
    template = Request(request["method"], request["_template"], headers, _body(request))
    part = Part(entry["_part"])
    if part is not Part.READ and not (template.method == OPERATION and _PATH.fullmatch(template.path)):
        raise ValueError("no request to the operation")
    return Step(part, template, _exchange(template, entry))


def _exchange(request: Request, entry: Mapping[str, Any]) -> Exchange:
    response = entry["response"]
    failure = Failure[response["_failure"]] if response.get("_failure") else None
    started = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    came = None if failure or not response["status"] else _came(response)
    return Exchange(request, came, failure, float(entry["time"]) / 1000, started=started)


def _came(response: Mapping[str, Any]) -> Response:
    content = response["content"]
    text = content.get("text") or ""
    body = base64.b64decode(text) if content.get("encoding") == _BASE64 else text.encode()
    wire = base64.b64decode(response["_after_head"]) if "_after_head" in response else body
    headers = tuple((str(header["name"]), str(header["value"])) for header in response["headers"])
    return Response(int(response["status"]), headers, body, wire, str(response.get("statusText", "")))


def _body(request: Mapping[str, Any]) -> bytes:
    data = request.get("postData") or {}
    text = data.get("text") or ""
    return base64.b64decode(text) if data.get("_encoding") == _BASE64 else text.encode("utf-8", "surrogatepass")


def _foreign(entries: list[Any]) -> Iterator[Evidence]:
    """Each request to the operation in a recording of somebody else's, without the credential in it."""
    for entry in entries:
        request = entry["request"]
        url = urlsplit(request["url"])
        prefix, _, slug = url.path.rpartition(f"{CUSTOMERS}/")
        if request["method"] != OPERATION or not _PATH.fullmatch(url.path.removeprefix(prefix)):
            continue
        headers = {header["name"].lower(): header["value"] for header in request["headers"]}
        role = _role(entry["response"]["status"], headers.get("authorization"))
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


def _role(status: int, authorization: str | None) -> tuple[str, ...]:
    """The credential to use in place of the recorded one, as far as the answer tells; browsers often leave it out."""
    if status == 401:
        return () if authorization is None else ("Bearer ksh_contract-test-unknown",)
    return (f"Bearer {READ_TOKEN if status == 403 else WRITE_TOKEN}",)
