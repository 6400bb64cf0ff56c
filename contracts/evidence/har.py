"""Evidence: what is kept of a broken promise, as a HAR 1.2 file, which any browser's network panel opens.

Files that such a panel has exported are read as well. If HAR has no member for something, it is in a member of our own,
whose name begins with an underscore (HAR 1.2 specification, "Custom fields").
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

import harfile

from contracts import __version__
from contracts.attempt import Attempt
from contracts.customers.journal import NOBODY, may_be_a_strangers
from contracts.errors import WrongCall
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.request import CUSTOMER, CUSTOMERS, ON_RECORD, OPERATION, Request, update
from contracts.rules.judge import Circumstance
from contracts.rules.promise import Violation, is_of_state, promises, violation

_OWN = "_contract"
# _URL ends with the path of one customer, whose slug is not a dot segment. _PATH is such a path that can be sent.
_SLUG = r"(?!\.\.?(?:[?#]|\Z))[^/?#]+"
_URL = re.compile(rf"(?:\w+://[^/?#]*)?((?:/[^?#]*)?)({CUSTOMERS}/{_SLUG})(\?[^#]*)?(?:#.*)?", re.DOTALL)
_PATH = re.compile(rf"(?=[\x21-\x7e]*\Z){CUSTOMERS}/{_SLUG}")
# A header without a line break (RFC 9110 section 5.5).
_FIELD = re.compile(r"[^\r\n\u0100-\U0010ffff]*")


# The role of a step: sent before the failure, the failure itself, sent at once with it, or read after it.
Part = Literal["before", "failing", "beside", "read"]


@dataclass(frozen=True)
class Step:
    """One exchange of a failure. `template` is the request with placeholders for the customer and the credential.

    `unsendable` says why the request cannot be sent as it was, and is empty if it can. `answer_known` is False if only
    the status of the answer was recorded.
    """

    part: Part
    template: Request
    exchange: Exchange
    unsendable: str = ""
    answer_known: bool = True


@dataclass(frozen=True)
class Source:
    """Where evidence comes from: the contract, the base URL and the seed of the run, and the test."""

    contract: str
    base_url: str
    seed: int | None = None
    test: str = ""


@dataclass(frozen=True)
class Evidence:
    """One broken promise, with the exchanges that broke it, in the order in which they were sent.

    A recording by another program has a source without a contract, and no violation until it is judged. `seen_once`
    marks a failure that did not repeat. In the run, `tried` updates tested the promise, and `broke` of them broke it.
    """

    steps: tuple[Step, ...]
    source: Source
    violation: Violation | None = None
    seen_once: bool = False
    broke: int = 0
    tried: int = 0

    @property
    def promise(self) -> str:
        """The promise that was broken, or the empty string."""
        return self.violation.promise if self.violation else ""

    def part(self, *parts: Part) -> list[Step]:
        return [step for step in self.steps if step.part in parts]

    @property
    def failing(self) -> Step:
        return self.part("failing")[0]


def evidence_of(attempt: Attempt, violation: Violation, source: Source) -> Evidence:
    """The evidence of one violation of a failed attempt."""
    of_state, before, read = is_of_state(violation.promise), attempt.before, attempt.read
    sent: list[tuple[Part, Attempt]] = [("before", before)] if before else []
    # In a history, a wrong answer may need the other updates as well.
    together = of_state or attempt.circumstance is Circumstance.IN_A_HISTORY
    sent += [("beside", beside) for beside in attempt.beside if together] + [("failing", attempt)]
    steps = [Step(part, each.template, each.exchange) for part, each in sent]
    shown = [Step("read", read.request, read)] if read and of_state else []
    return Evidence((*steps, *shown), source, violation, attempt.repeated is False)


def to_har(evidence: Evidence) -> str:
    """The evidence of a broken promise as the text of a HAR file."""
    own = asdict(replace(evidence, steps=()))
    own["violation"]["sentence"] = promises()[evidence.promise].sentence
    log = {
        "version": harfile.HAR_VERSION,
        "creator": {"name": "kaiten-contract-tests", "version": __version__},
        "entries": [_entry(step, evidence.source.base_url) for step in evidence.steps],
        _OWN: own,
    }
    return json.dumps({"log": log}, indent=1)


def with_rate(text: str, broke: int, tried: int, *, comes_and_goes: bool) -> str:
    """The text of a HAR file, with how many of the `tried` updates broke its promise, and whether it comes and goes."""
    content = json.loads(text)
    content["log"][_OWN] |= {"broke": broke, "tried": tried, "seen_once": comes_and_goes}
    return json.dumps(content, indent=1)


def write(path: Path, text: str) -> None:
    """Write the text of a HAR file, whole or not at all. Raises OSError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _entry(step: Step, base_url: str) -> dict[str, Any]:
    exchange, request, template = step.exchange, step.exchange.request, step.template
    response, milliseconds = exchange.response or Response(0, (), b"", b""), round(exchange.seconds * 1000, 3)
    (sent_text, sent_encoding), (text, encoding) = _text(request.body), _text(response.body)
    media_type, location = (next(iter(response.values(name)), "") for name in ("Content-Type", "Location"))
    data = harfile.PostData(request.header("Content-Type") or "", text=sent_text)
    url, size = base_url + request.path, len(request.body)
    sent = harfile.Request(request.method, url, "HTTP/1.1", postData=data, bodySize=size)
    sent.headers = [harfile.Record(*header) for header in exchange.sent_headers or request.headers]
    answer = harfile.Response(response.status, response.reason, "HTTP/1.1", bodySize=len(response.wire_body))
    answer.headers = [harfile.Record(*header) for header in response.headers]
    answer.content = harfile.Content(response.size, mimeType=media_type, text=text, encoding=encoding)
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started, UTC).isoformat(),
        "time": milliseconds,
        "request": sent.asdict(),
        "response": answer.asdict() | {"redirectURL": location},
        "cache": {},
        "timings": harfile.Timings(send=0, wait=milliseconds, receive=0).asdict(),
        "_part": step.part,
        "_template": {
            "path": template.path,
            "headers": template.headers,
            "encoding": sent_encoding,
            "on_record": request.slug.decode() if ON_RECORD in template.body else None,
        },
        "_failure": exchange.failure and exchange.failure.name,
        "_after_head": None if response.wire_body == response.body else b64encode(response.wire_body).decode(),
    }


def _text(body: bytes) -> tuple[str, str | None]:
    """The body as text, and the encoding of that text; None if the body is text itself."""
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return b64encode(body).decode(), "base64"


def read(paths: Iterable[Path]) -> list[tuple[Path, Evidence]]:
    """The evidence in HAR files and in folders of them, each file once. Raises WrongCall if one has no evidence."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.har")) if path.is_dir() else [path]
        if not inside:
            raise WrongCall(f"{path} has no .har file in it")
        found += inside
    try:
        return [(path, each) for path in dict.fromkeys(found) for each in evidence_in(path.read_bytes(), str(path))]
    except OSError as error:
        raise WrongCall(f"{error.filename} cannot be read: {error.strerror}") from None


def evidence_in(text: str | bytes, name: str = "it") -> list[Evidence]:
    """The evidence in the text of a HAR file, which messages call `name`. Raises WrongCall if it has none."""
    try:
        log = json.loads(text)["log"]
        found = [_kept(log)] if log.get(_OWN) else list(_recorded(log["entries"]))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise WrongCall(f"{name} is not a HAR file, or is broken") from None
    if not found:
        raise WrongCall(f"{name} has no {OPERATION} {CUSTOMERS}/{{customerSlug}} in it")
    return found


def _kept(log: Mapping[str, Any]) -> Evidence:
    """The evidence in a file that the suite wrote."""
    own, broken = log[_OWN], log[_OWN]["violation"]
    # Reads after the failure are kept for people to look at, and are not sent again.
    steps = tuple(_step(entry) for entry in log["entries"] if entry["_part"] != "read")
    found = violation(broken["promise"], broken["expected"], broken["actual"], broken["place"])
    if "failing" not in [step.part for step in steps]:
        raise LookupError("no step that failed")
    return Evidence(steps, Source(**own["source"]), found, bool(own["seen_once"]), int(own["broke"]), int(own["tried"]))


def _step(entry: Mapping[str, Any]) -> Step:
    own = entry["_template"]
    body = _body(entry["request"]["postData"] | {"encoding": own["encoding"]}) or b""
    if on_record := own.get("on_record"):
        body = body.replace(on_record.encode(), ON_RECORD)
    template = Request(OPERATION, own["path"], tuple((name, value) for name, value in own["headers"]), body)
    if not (_PATH.fullmatch(template.path) and all(_FIELD.fullmatch(name + value) for name, value in template.headers)):
        raise ValueError("no update of a customer")
    is_strangers = may_be_a_strangers(template.path.removeprefix(f"{CUSTOMERS}/"))
    unsendable = "its customer was not made by the suite" if is_strangers else ""
    return Step(entry["_part"], template, _exchange(template, entry)[0], unsendable)


def _recorded(entries: Iterable[Any]) -> Iterator[Evidence]:
    """Each update in a recording by another program. An entry without a URL or a method may be broken."""
    for entry in entries:
        try:
            url = _URL.fullmatch(entry["request"]["url"]) if entry["request"]["method"] == OPERATION else None
        except (LookupError, TypeError):
            continue
        if url:
            yield Evidence((_update(entry, *url.groups()),), Source("", ""))


def _update(entry: Mapping[str, Any], prefix: str, path: str, query: str | None) -> Step:
    """A recorded update. Its template names a customer of ours, and our credential with the same role."""
    request, status = entry["request"], entry["response"]["status"]
    headers = {name.lower(): value for name, value in _headers(request)}
    media_type = headers.get("content-type")
    body = _body(request.get("postData") or {}, request.get("bodySize"), headers.get("content-length"))
    # Browsers leave the credential out of the file. The status shows which role it had.
    invalid = ("Bearer ksh_contract-test-unknown",) if "authorization" in headers else ()
    credentials = invalid if status == 401 else (f"Bearer {READ_TOKEN if status == 403 else WRITE_TOKEN}",)
    slug = NOBODY if status == 404 else CUSTOMER
    sent = update(slug, body or b"", content_type=media_type, authorization=credentials)
    exchange, answer_known = _exchange(replace(sent, path=path), entry)
    # A client may have sent the slug on record. Our customer has another one.
    theirs, ours = (b'"slug":"%b"' % name for name in (unquote_to_bytes(path.rpartition("/")[2]), ON_RECORD))
    template = replace(sent, body=sent.body.replace(theirs, ours)) if slug == CUSTOMER else sent
    obstacles = {
        "its URL has a query, and the operation takes none": query is not None,
        "its URL is not percent-encoded, so the bytes that were sent are not known": not _PATH.fullmatch(path),
        "the value of its header Content-Type is not in the file": "content-type" in headers and media_type is None,
        "its whole body is not in the file": body is None,
    }
    unsendable = next((reason for reason, applies in obstacles.items() if applies), "")
    return Step("failing", template, replace(exchange, sent_path=prefix + path), unsendable, answer_known)


def _exchange(request: Request, entry: Mapping[str, Any]) -> tuple[Exchange, bool]:
    """The exchange of an entry, and whether its whole answer is in the file."""
    answer, is_own, after_head = entry["response"], "_part" in entry, entry.get("_after_head")
    if answer["status"] <= 0:
        return Exchange(request, None, Failure[entry.get("_failure") or "BROKEN"]), True
    content = answer.get("content") or {}
    # Our own file may have only a part of a long answer, so its size is not compared. A 204 has no body.
    body = _body(content, None if is_own else 0 if answer["status"] == 204 else content.get("size"))
    # A browser undoes the content coding before it records.
    recorded = [header for header in _headers(answer) if is_own or header[0].lower() != "content-encoding"]
    headers = tuple((name, value) for name, value in recorded if value is not None)
    wire_body = b64decode(after_head) if after_head else body
    response = Response(answer["status"], headers, body or b"", wire_body or b"", answer.get("statusText") or "")
    return Exchange(request, response), body is not None and len(headers) == len(recorded)


def _headers(message: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The headers of a recorded message. A value is None if it is not in the file."""
    for header in message["headers"]:
        value = header.get("value")
        yield str(header["name"]), value if isinstance(value, str) and _FIELD.fullmatch(value) else None


def _body(content: Mapping[str, Any], *sizes: object) -> bytes | None:
    """A recorded body, or None if the file does not have all of it. `sizes` are the sizes that were recorded for it."""
    text, known = content.get("text"), [int(str(size)) for size in sizes if str(size).isdecimal()]
    is_base64 = content.get("encoding") == "base64"
    body = b64decode(text or "") if is_base64 else (text or "").encode("utf-8", "surrogatepass")
    return body if (known or text is not None) and max(known, default=0) <= len(body) else None
