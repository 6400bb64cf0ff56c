"""The curl line of a request: a shell command that sends the same bytes."""

from __future__ import annotations

import base64
import gzip
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace

from contracts.http.credential import HEADER_VALUE, PLACEHOLDERS, Headers
from contracts.http.exchange import CUSTOMER, CUSTOMER_CUT, CUSTOMER_UPPER, OPERATION, Request

# Bytes of a body that are written as they are; a longer one is packed.
_LONGEST = 2000
# What a shell (bash) can make of a slug in a word; it has no short way to encode a letter.
_SLUGS = {CUSTOMER: "${CUSTOMER}", CUSTOMER_UPPER: "${CUSTOMER^^}", CUSTOMER_CUT: "${CUSTOMER%?}"}

OF_YOURS = "CUSTOMER is the slug of a customer of yours"


def names_customer(line: str) -> bool:
    """Whether a curl line has the slug as a variable, so that `OF_YOURS` has to be said."""
    return re.search(r"\$\{?CUSTOMER\b", line) is not None


def for_any_customer(template: Request, sent: Request) -> Request:
    """What was sent, for any customer where a shell can make that of the customer's slug, else as it was sent."""
    can_be_made = any(placeholder in template.path for placeholder in _SLUGS)
    return replace(sent, path=template.path) if can_be_made else sent


def curl(request: Request, base_url: str, in_front: Headers = ()) -> str:
    """A shell command that sends the same bytes, with `$KAITEN_AUTH_TOKEN` in place of the token.

    `$CUSTOMER` is in place of the slug in a template's path. `in_front` are headers that are no part of the request;
    `$KAITEN_HEADER_1` has the value of the first `--header`.
    """
    parts = ["curl -sS -i -g --path-as-is --max-time 10", f"-X {request.method}"]
    headers = (*in_front, *request.headers)
    sent = {name.lower() for name, _ in headers}
    parts += [_header(name, value) for name, value in headers]
    parts += [
        f"-H '{name}:'" for name in ("Accept", "Content-Type", "Expect", "User-Agent") if name.lower() not in sent
    ]
    before = ""
    if request.body or request.method == OPERATION:
        text = _as_shell_text(request.body)
        if text is None:
            packed = base64.b64encode(gzip.compress(request.body, mtime=0)).decode()
            before, text = f"echo {packed} | base64 -d | gunzip | ", "@-"
        parts.append(f"--data-binary {text}")
    return before + " ".join([*parts, _quoted(base_url + request.path, _SLUGS)])


def _header(name: str, value: str) -> str:
    if not value:
        return f"-H {shlex.quote(name + ';')}"
    if in_front := HEADER_VALUE.fullmatch(value):
        return f'-H "{name}: ${in_front[1]}"'
    return f"-H {_quoted(f'{name}: {value}', PLACEHOLDERS)}"


def _quoted(text: str, variables: Mapping[str, str]) -> str:
    """The text as one shell word, each placeholder as its variable."""
    if not any(placeholder in text for placeholder in variables):
        return shlex.quote(text)
    quoted = re.sub(r'([\\"$`])', r"\\\1", text)
    for placeholder, variable in variables.items():
        quoted = quoted.replace(placeholder, variable)
    # Braces are for where a letter of a variable's name follows.
    return '"' + re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", quoted) + '"'


def _as_shell_text(body: bytes) -> str | None:
    """The body as one readable shell word; None where it is too long for one, or is not printable text."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if len(body) > _LONGEST or text.startswith("@") or not text.isprintable():
        return None
    return shlex.quote(text)
