"""A request to one customer or to any: how a slug becomes a path, and how a shell sends the same bytes."""

import base64
import gzip
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from urllib.parse import quote, unquote_to_bytes

from contracts.http.credential import PLACEHOLDERS, WRITE_TOKEN, Headers, mask, values_of

OPERATION = "PUT"
CUSTOMERS = "/customers"
# A template is a request for any customer. In its path, these stand for the customer's slug or for a form of it.
CUSTOMER = "<CUSTOMER>"
CUSTOMER_UPPER = "<CUSTOMER_UPPER>"
CUSTOMER_CUT = "<CUSTOMER_CUT>"
CUSTOMER_BEGINNING = "<CUSTOMER_BEGINNING>"
# This stands for the customer's id.
CUSTOMER_ID = "<CUSTOMER_ID>"
# In the body of a template, this stands for the same slug: some releases take the values on record.
ON_RECORD = b"<SLUG_ON_RECORD>"

ACCEPT = ("Accept", "application/json, application/problem+json")
# The longest body in a curl line that is not packed.
_LONGEST = 2000
# How a shell (bash) writes these forms of a slug, and an id. It has no short way to percent-encode a letter.
_FORMS = {
    CUSTOMER: "${CUSTOMER}",
    CUSTOMER_UPPER: "${CUSTOMER^^}",
    CUSTOMER_CUT: "${CUSTOMER%?}",
    CUSTOMER_ID: "${CUSTOMER_ID}",
}


@dataclass(frozen=True)
class Request:
    """A request as it is sent. `path` is relative to the base URL and percent-encoded; tokens are placeholders."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""

    @cached_property
    def slug(self) -> bytes:
        """The customer's slug in the path, decoded; empty where the path names none."""
        return unquote_to_bytes(self.path.removeprefix(CUSTOMERS).removeprefix("/"))

    @property
    def size(self) -> tuple[int, int]:
        """How large the request is, to find the smallest: bytes of body, characters of path."""
        return len(self.body), len(self.path)

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next(iter(values_of(self.headers, name)), None)

    def with_header(self, name: str, value: str) -> "Request":
        return replace(self, headers=(*self.headers, (name, value)))

    @property
    def is_template(self) -> bool:
        """Whether the path has a placeholder for a customer's slug or id."""
        return "<CUSTOMER" in self.path

    def addressed(self, slug: str, id_: str = "") -> "Request":
        """The request that a template makes for the customer with this slug and id."""
        if not self.is_template:
            return self
        # Some of these may be the slug of a stranger's customer: payloads.yaml says which need more text after them.
        others = {
            CUSTOMER_UPPER: slug.upper(),
            CUSTOMER_CUT: slug[:-1],
            # Up to the last hyphen, or the first letter alone.
            CUSTOMER_BEGINNING: slug[: slug.rfind("-") + 1] or slug[0],
            # Forms of the first letter: percent-encoded without need, percent-encoded twice, and in full width. Then
            # forms of the others: each percent-encoded, with digits in both letter cases, and a long s.
            "<CUSTOMER_ENCODED>": f"%{ord(slug[0]):X}{slug[1:]}",
            "<CUSTOMER_ENCODED_TWICE>": f"%25{ord(slug[0]):X}{slug[1:]}",
            "<CUSTOMER_FULL_WIDTH>": quote(chr(ord(slug[0]) + 0xFEE0)) + slug[1:],
            "<CUSTOMER_ALL_ENCODED>": "".join(f"%{ord(letter):{'xX'[at % 2]}}" for at, letter in enumerate(slug)),
            "<CUSTOMER_LONG_S>": slug.replace("s", quote("\u017f"), 1),
            "<CUSTOMER_UNDERSCORES>": slug.replace("-", "_"),
            CUSTOMER_ID: id_ or slug,
        }
        # A slug of digits has no upper case, and the id may not be known: no slug ends with an underscore.
        forms = {CUSTOMER: slug} | {name: form if form != slug else f"{form}_" for name, form in others.items()}
        path = reduce(lambda path, form: path.replace(*form), forms.items(), self.path)
        return replace(self, path=path, body=self.body.replace(ON_RECORD, slug.encode()))

    def without_tokens(self, tokens: Mapping[str, str]) -> "Request":
        """The same request with placeholders for tokens: a generated text may contain a token by chance."""
        held = (self.body.decode("latin-1"), self.path, *(value for _, value in self.headers))
        if not any(token in text for token in tokens.values() for text in held):
            return self
        in_path = {quote(placeholder): token for placeholder, token in tokens.items()}
        headers = tuple((name, mask(value.encode(), tokens).decode()) for name, value in self.headers)
        return replace(
            self, path=mask(self.path.encode(), in_path).decode(), headers=headers, body=mask(self.body, tokens)
        )


def update(
    slug: str,
    body: bytes,
    *,
    content_type: str | None = "application/json",
    authorization: tuple[str, ...] = (f"Bearer {WRITE_TOKEN}",),
) -> Request:
    """A request to the operation under contract; `slug` is one percent-encoded path segment."""
    credentials = (("Authorization", value) for value in authorization)
    media_type = (("Content-Type", content_type),) if content_type is not None else ()
    return Request(OPERATION, f"{CUSTOMERS}/{slug}", (ACCEPT, *credentials, *media_type), body)


def variable_to_set(line: str) -> str:
    """What to set before this curl line is sent; empty if it is for no customer of the user's."""
    found = re.search(r"\$\{?CUSTOMER(_ID)?\b", line)
    what = ("CUSTOMER_ID", "id") if found and found[1] else ("CUSTOMER", "slug")
    return f"set {what[0]} to the {what[1]} of one of your customers" if found else ""


def for_any_customer(template: Request, sent: Request) -> Request:
    """The request that was sent, but with the template's path if a shell can fill in any customer's slug or id."""
    can_be_made = any(placeholder in template.path for placeholder in _FORMS) and ON_RECORD not in template.body
    return replace(sent, path=template.path) if can_be_made else sent


def curl(request: Request, base_url: str, in_front: Headers = ()) -> str:
    """A shell command that sends the same bytes, with `$KAITEN_AUTH_TOKEN` in place of the token.

    `$CUSTOMER` and `$CUSTOMER_ID` stand for slug and id in a template's path. `in_front` are headers that are not part
    of the request; `$KAITEN_HEADER_1` has the value of the first `--header`.
    """
    headers = (*in_front, *request.headers)
    variables = PLACEHOLDERS | {value: "$" + value.strip("<>") for _, value in in_front}
    parts = ["curl -sS -i -g --path-as-is --max-time 10", f"-X {request.method}"]
    parts += [f"-H {_quoted(f'{name}: {value}' if value else f'{name};', variables)}" for name, value in headers]
    own = ("Accept", "Content-Type", "Expect", "User-Agent")
    parts += [f"-H '{name}:'" for name in own if name.lower() not in {given.lower() for given, _ in headers}]
    before = ""
    if request.body or request.method == OPERATION:
        # Bytes that are not UTF-8 become characters that are not printable.
        text = request.body.decode("utf-8", "surrogateescape")
        data = shlex.quote(text)
        if len(request.body) > _LONGEST or text.startswith("@") or not text.isprintable():
            packed = base64.b64encode(gzip.compress(request.body, mtime=0)).decode()
            before, data = f"echo {packed} | base64 -d | gunzip | ", "@-"
        parts.append(f"--data-binary {data}")
    return before + " ".join([*parts, _quoted(base_url + request.path, _FORMS)])


def _quoted(text: str, variables: Mapping[str, str]) -> str:
    """The text as one shell word, with a variable for each placeholder."""
    if not any(placeholder in text for placeholder in variables):
        return shlex.quote(text)
    quoted = re.sub(r'([\\"$`])', r"\\\1", text)
    for placeholder, variable in variables.items():
        quoted = quoted.replace(placeholder, variable)
    # A variable needs braces only if the next character could belong to its name. In double quotes an exclamation mark
    # would be replaced by a line of the history, at an interactive shell.
    return '"' + re.sub(r"\$\{(\w+)\}(?!\w)", r"$\1", quoted).replace("!", "\"'!'\"") + '"'
