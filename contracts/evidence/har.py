"""Evidence as HAR 1.2 files, which any browser's network panel opens.

What HAR has no place for stands in members of our own, whose names begin with an underscore (HAR 1.2 specification,
"Custom fields").
"""

from __future__ import annotations

import base64
import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import harfile

from contracts import __version__
from contracts.evidence.evidence import Evidence, Step
from contracts.http.credential import Headers, role_of
from contracts.http.exchange import (
    Exchange,
    Response,
)

FORMAT = 1

OWN = "_contract"
BASE64 = "base64"
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def write(path: Path, text: str) -> None:
    """Write the text of a HAR file.

    Raises:
        OSError: it cannot be written.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        # Half a file is evidence of nothing.
        with suppress(OSError):
            path.unlink()
        raise


def to_har(evidence: Evidence) -> str:
    """Evidence as the text of a HAR file."""
    out = io.StringIO()
    with harfile.open(out, creator=harfile.Creator("kaiten-contract-tests", __version__)) as har:
        for step in evidence.steps:
            _add(har, step.exchange, evidence.source.base_url)
    content = json.loads(out.getvalue())
    content["log"][OWN] = _own(evidence)
    for entry, step in zip(content["log"]["entries"], evidence.steps, strict=True):
        _mark(entry, step)
    return json.dumps(content, indent=1)


def with_rate(text: str, broke: int, tried: int, *, comes_and_goes: bool) -> str:
    """The text of a HAR file, with how many of the updates that put its rule to the test broke it, and how steadily."""
    content = json.loads(text)
    content["log"][OWN] |= {"broke": broke, "tried": tried, "seen_once": comes_and_goes}
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
        "broke": evidence.broke,
        "tried": evidence.tried,
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
        content=harfile.Content(response.size, mimeType=media_type, text=text, encoding=encoding),
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
        entry["request"]["postData"]["_encoding"] = BASE64
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
        return base64.b64encode(body).decode(), BASE64
