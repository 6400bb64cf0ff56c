"""A request is a plain record, and its curl line really sends the same bytes."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess

import pytest

from contracts.http.client import Client
from contracts.http.credential import CUT_TOKEN, READ_TOKEN, SWAPPED_TOKEN, WRITE_TOKEN
from contracts.http.request import (
    ACCEPT,
    CUSTOMER,
    CUSTOMER_CUT,
    CUSTOMER_ID,
    CUSTOMER_UPPER,
    Request,
    curl,
    for_any_customer,
    update,
    variable_to_set,
)
from contracts.http.target import Target
from tests.suite.recorder import EMPTY_204, Recorded, Recorder, in_turn, recording

TOKENS = {WRITE_TOKEN: "ksh_write$HOME`id`\"'\\", READ_TOKEN: "ksh_read!"}
ENVIRONMENT = {placeholder.strip("<>"): token for placeholder, token in TOKENS.items()} | {"CUSTOMER": "acme-1"}
PLAIN = b'{"name":"x"}'
HEADERS = ("Accept", "Authorization", "Content-Type", "Content-Length", "Host", "If-Match", "Expect")


needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="there is no curl or no bash"
)


def sent_by_curl(line: str, server: Recorder) -> Recorded:
    """What a shell sends that runs the line."""
    result = subprocess.run(
        ["bash", "-c", line], env=os.environ | ENVIRONMENT, capture_output=True, text=True, timeout=20, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "204 No Content" in result.stdout
    return server.requests[-1]


def sent_by_client(request: Request, server: Recorder) -> Recorded:
    """What the suite itself sends."""
    with Client(Target(server.url, TOKENS)) as client:
        client.once(request)
    return server.requests[-1]


@needs_curl
@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(update("acme", PLAIN), id="plain"),
        pytest.param(update("acme", b""), id="empty-body"),
        pytest.param(update("acme", b" "), id="blank-body"),
        pytest.param(update("acme", b"""{"name":"it's \\"$HOME\\" `id` \\\\ !! *"}"""), id="quotes-and-shell-signs"),
        pytest.param(update("acme", '{"name":"\u00e9\U0001f600"}'.encode()), id="beyond-ascii"),
        pytest.param(update("acme", '{"name":"\u2028\u202e\x85"}'.encode()), id="invisible-characters"),
        pytest.param(update("acme", b'{"name":"a\nb\r\n\t"}\n'), id="line-breaks"),
        pytest.param(update("acme", b"\n"), id="only-a-newline"),
        pytest.param(update("acme", b"a\0b"), id="nul"),
        pytest.param(update("acme", b"\x1b[31m\x7f"), id="control-characters"),
        pytest.param(update("acme", bytes(range(256))), id="every-byte"),
        pytest.param(update("acme", b"@/etc/hostname"), id="leading-at-sign"),
        pytest.param(update("acme", b"-X DELETE"), id="leading-hyphen"),
        pytest.param(update("acme", b"a=b&c=%41+d"), id="like-a-form"),
        pytest.param(update("acme", b"'" * 2000), id="longest-text"),
        pytest.param(update("acme", b"a" * 2001), id="longer-text"),
        pytest.param(update("acme", b'{"name":"%s"}' % (b"a" * 100_000)), id="100-kb-of-text"),
        pytest.param(update("acme", random.Random(1).randbytes(90_000)), id="90-kb-of-noise"),
        pytest.param(update("%2F%00%20%27%22%25%F0%9F%98%80", PLAIN), id="slug-percent-encoded"),
        pytest.param(update("a'b$c!d(e)*[1-3]{x,y}~;&", PLAIN), id="slug-of-shell-signs"),
        pytest.param(update("%2e%2E", PLAIN), id="slug-of-encoded-dots"),
        pytest.param(update("acme", PLAIN, content_type=None), id="no-content-type"),
        pytest.param(update("acme", PLAIN, content_type=""), id="empty-content-type"),
        pytest.param(update("acme", PLAIN, content_type='a/b; c="d\'e"'), id="content-type-with-quotes"),
        pytest.param(update("acme", PLAIN, authorization=()), id="no-credential"),
        pytest.param(update("acme", PLAIN, authorization=("",)), id="empty-credential"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {READ_TOKEN}",)), id="read-token"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {WRITE_TOKEN} ",)), id="token-with-trailing-space"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {WRITE_TOKEN}x",)), id="token-with-a-letter-more"),
        pytest.param(update("acme", PLAIN, authorization=(f'Bearer "{WRITE_TOKEN}"$a`b\\',)), id="token-in-quotes"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {WRITE_TOKEN}!a!",)), id="token-with-exclamation"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {SWAPPED_TOKEN}",)), id="token-in-the-other-case"),
        pytest.param(update("acme", PLAIN, authorization=(f"Bearer {CUT_TOKEN}",)), id="token-cut-short"),
        pytest.param(
            update("acme", PLAIN, authorization=(f"Bearer {WRITE_TOKEN}", "Bearer ksh_' OR 1=1--")),
            id="two-credentials",
        ),
        pytest.param(update("acme", PLAIN).with_header("If-Match", '"1"'), id="one-header-more"),
        pytest.param(Request("GET", "/customers/acme", (ACCEPT,)), id="get"),
        pytest.param(Request("DELETE", "/customers/acme", (ACCEPT,)), id="delete"),
        pytest.param(Request("POST", "/customers", (ACCEPT, ("Content-Type", "application/json")), PLAIN), id="post"),
    ],
)
def test_the_curl_line_sends_what_the_suite_sends(request_: Request) -> None:
    """A shell that runs the line sends the same method, path, headers and body, byte by byte."""
    with recording(in_turn(EMPTY_204)) as server:
        own = sent_by_client(request_, server)

        curled = sent_by_curl(curl(request_, server.url), server)

    assert curled.line == own.line == f"{request_.method} {request_.path} HTTP/1.1"
    assert curled.body == own.body == request_.body
    assert [curled.values(name) for name in HEADERS] == [own.values(name) for name in HEADERS]


@needs_curl
def test_the_curl_line_sends_what_stands_in_front_wants() -> None:
    """A header of --header is in the line as the variable that may hold its value."""
    with recording(in_turn(EMPTY_204)) as server:
        line = curl(update("acme", PLAIN), server.url, (("X-Gateway-Key", "<KAITEN_HEADER_1>"),))
        curled = sent_by_curl(f"export KAITEN_HEADER_1='a b'; {line}", server)

    assert curled.values("X-Gateway-Key") == ["a b"]


def test_the_curl_line_is_safe_at_an_interactive_shell() -> None:
    """In double quotes a shell with a history would replace an exclamation mark, so it stands in single quotes."""
    line = curl(update("acme", PLAIN, authorization=(f"Bearer {WRITE_TOKEN}!a",)), "http://127.0.0.1")

    assert """ -H "Authorization: Bearer $KAITEN_AUTH_TOKEN"'!'"a" """ in line


@needs_curl
def test_the_curl_line_keeps_the_base_url() -> None:
    """The path of the base URL is in front of the request's, and is sent as it is."""
    with recording(in_turn(EMPTY_204)) as server:
        curled = sent_by_curl(curl(update("acme", PLAIN), f"{server.url}/it's/../api"), server)

    assert curled.line == "PUT /it's/../api/customers/acme HTTP/1.1"


@needs_curl
@pytest.mark.parametrize(
    "slug", [CUSTOMER, CUSTOMER_UPPER, CUSTOMER_CUT, f"{CUSTOMER_CUT}_", f"a'b$c`d\\{CUSTOMER}x", f"{CUSTOMER}?a=%20&b"]
)
def test_the_curl_line_of_a_template_is_for_any_customer(slug: str) -> None:
    """The slug stands in the line as a variable, and a shell that has it sends the request to that customer."""
    template = update(slug, b'{"name":"$CUSTOMER"}')
    with recording(in_turn(EMPTY_204)) as server:
        own = sent_by_client(template.addressed("acme-1"), server)

        curled = sent_by_curl(curl(template, server.url), server)

    assert (curled.line, curled.body) == (own.line, own.body)


def test_the_curl_line_of_an_id_is_for_any_customer() -> None:
    """An id stands in the line as a variable of its own, and the line says what to set."""
    id_ = "1d3ba608-378b-4e12-909a-759f133e933b"
    template = update(CUSTOMER_ID, PLAIN)

    sent = template.addressed("acme-1", id_)
    line = curl(for_any_customer(template, sent), "https://staging.example")

    assert sent.path == f"/customers/{id_}"
    assert line.endswith(' "https://staging.example/customers/$CUSTOMER_ID"')
    assert variable_to_set(line) == "set CUSTOMER_ID to the id of one of your customers"


def test_the_variable_of_the_customer_is_quoted() -> None:
    """The word with the variable is in double quotes."""
    line = curl(update(CUSTOMER, PLAIN), "https://staging.example")

    assert line.endswith(' "https://staging.example/customers/$CUSTOMER"')


@pytest.mark.parametrize("slug", [CUSTOMER, "<CUSTOMER_ENCODED>", "<CUSTOMER_FULL_WIDTH>", "acme"])
def test_what_a_shell_cannot_make_of_the_slug_is_shown_as_it_was_sent(slug: str) -> None:
    """The line has the real slug where there is no short way to write it; body and headers are always as sent."""
    template = update(slug, b"token")
    sent = update(template.addressed("contract-test-1").path.rpartition("/")[2], b"<KAITEN_AUTH_TOKEN>")

    shown = for_any_customer(template, sent)

    assert (shown.body, shown.path) == (sent.body, template.path if slug == CUSTOMER else sent.path)
    assert bool(variable_to_set(curl(shown, "http://127.0.0.1:8000"))) == (slug == CUSTOMER)


def test_a_body_with_the_slug_on_record_names_the_customer_of_the_path() -> None:
    """The body of a template may have the slug, too; then the curl line is for the customer that it was sent to."""
    template = update(CUSTOMER, b'{"name":"x","slug":"<SLUG_ON_RECORD>"}')

    sent = template.addressed("acme-1")

    assert (sent.path, sent.body) == ("/customers/acme-1", b'{"name":"x","slug":"acme-1"}')
    assert for_any_customer(template, sent) == sent


def test_the_curl_line_shows_variables_and_no_placeholder() -> None:
    """A token stands in the line as the variable that has it, so that the line can be pasted as it is."""
    line = curl(update("acme", PLAIN, authorization=(f"Bearer {READ_TOKEN}",)), "http://127.0.0.1:8000")

    assert '-H "Authorization: Bearer $KAITEN_READ_TOKEN"' in line
    assert "<" not in line


@pytest.mark.parametrize(
    "body", [PLAIN, b"a\nb", b"\x1b[31m", b"\0", b"\xff", "\u009b31m".encode(), "\u202etset".encode()], ids=repr
)
def test_the_curl_line_is_one_printable_line(body: bytes) -> None:
    """Whatever the body holds, the line can be copied from a terminal."""
    assert curl(update("acme", body), "http://127.0.0.1:8000").isprintable()


def test_the_curl_line_of_a_long_text_is_short() -> None:
    """A text that would fill the terminal is packed."""
    assert len(curl(update("acme", b"a" * 100_000), "http://127.0.0.1:8000")) < 1000


def test_an_update_is_a_put_with_its_headers_in_order() -> None:
    """An update has one Authorization header for each credential, and the media type last."""
    request = update("a%20b", PLAIN, authorization=("one", "two"), content_type="text/plain")

    assert (request.method, request.path, request.body) == ("PUT", "/customers/a%20b", PLAIN)
    assert request.headers[1:] == (("Authorization", "one"), ("Authorization", "two"), ("Content-Type", "text/plain"))


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("<CUSTOMER>", "acme-1"),
        ("<CUSTOMER>%20", "acme-1%20"),
        ("<CUSTOMER_UPPER>", "ACME-1"),
        ("<CUSTOMER_ENCODED>", "%61cme-1"),
        ("<CUSTOMER_ENCODED_TWICE>", "%2561cme-1"),
        ("<CUSTOMER_ALL_ENCODED>", "%61%63%6d%65%2d%31"),
        ("<CUSTOMER_LONG_S>", "acme-1_"),
        ("<CUSTOMER_FULL_WIDTH>", "%EF%BD%81cme-1"),
        ("<CUSTOMER_UNDERSCORES>", "acme_1"),
        ("<CUSTOMER_CUT>", "acme-"),
        ("<CUSTOMER_BEGINNING>", "acme-"),
        ("<CUSTOMER_ID>", "acme-1_"),
        ("nobody", "nobody"),
    ],
)
def test_a_template_is_addressed_to_a_customer(template: str, path: str) -> None:
    """Where a template has a placeholder, the request has the customer's slug, in the form that it asks for."""
    request = update(template, PLAIN)

    assert request.addressed("acme-1").path == f"/customers/{path}"
    assert request.is_template is ("<" in template)


@pytest.mark.parametrize("form", ["UPPER", "UNDERSCORES", "BEGINNING", "ENCODED_TWICE", "FULL_WIDTH", "LONG_S"])
@pytest.mark.parametrize("slug", ["acme", "acme-1", "acme-12", "42", "4-2"])
def test_a_form_of_a_slug_is_nobody_s_slug(form: str, slug: str) -> None:
    """A form that names no customer is no slug, so that somebody else's customer cannot have it."""
    asked = update(f"<CUSTOMER_{form}>", PLAIN).addressed(slug).slug.decode()

    assert re.fullmatch("[a-z0-9][a-z0-9-]{0,98}[a-z0-9]", asked) is None


@pytest.mark.parametrize(
    ("path", "slug"),
    [("/customers/acme", b"acme"), ("/customers/%41%2F%ff", b"A/\xff"), ("/customers", b"")],
    ids=["plain", "encoded", "none"],
)
def test_the_slug_is_decoded_from_the_path(path: str, slug: bytes) -> None:
    """A request's slug is what its path means, as bytes."""
    assert Request("PUT", path).slug == slug


def test_headers_are_found_in_any_letter_case() -> None:
    """A header is the same whatever the letter case of its name."""
    headers = (("X-One", "1"), ("x-one", "2"))

    assert Request("PUT", "/", headers).header("x-ONE") == "1"
    assert Request("PUT", "/", headers).header("X-Two") is None


def test_a_token_that_was_generated_becomes_its_placeholder() -> None:
    """A request that happens to hold a token, anywhere in it, holds the placeholder instead."""
    token = "ksh_secret"
    by_chance = update(f"{token}-x", b'{"name":"%s"}' % token.encode(), authorization=(f"Bearer {token}",))

    held = by_chance.without_tokens({WRITE_TOKEN: token})

    assert held.slug == f"{WRITE_TOKEN}-x".encode()
    assert held.body == b'{"name":"%s"}' % WRITE_TOKEN.encode()
    assert held.header("Authorization") == f"Bearer {WRITE_TOKEN}"
    assert token not in repr(held)
