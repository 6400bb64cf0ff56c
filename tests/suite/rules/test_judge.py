"""The judge on a whole answer: status, headers and what must not be public. A right answer has no violation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.http.exchange import Failure, Response
from contracts.http.request import update
from contracts.rules.promise import promises, violation
from tests.suite.samples import LEFT_OUT, PROBLEM, REQUESTS, VALID, answer, judged, problem, promise_ids

ANY_CASE = (("CONTENT-TYPE", "Application/Problem+JSON"),)


@pytest.mark.parametrize("contract", ["docs", "v1"])
@pytest.mark.parametrize("status", REQUESTS)
def test_the_documented_answer_breaks_nothing(status: int, contract: str) -> None:
    """Each status with the problem that is documented for it is right."""
    code = {} if contract == "docs" else {"code": "CODE", "errorId": "e-1"}
    right = answer(status) if status == 204 else answer(status, problem(status, **code))

    assert judged(REQUESTS[status], right, contract).violations == ()


@pytest.mark.parametrize(
    ("status", "right"),
    [
        pytest.param(404, answer(404, problem(404, errors=LEFT_OUT)), id="no-errors-on-404"),
        pytest.param(400, answer(400, problem(400, errors=[])), id="errors-empty-on-400"),
        pytest.param(404, answer(404, problem(404, type="about:blank")), id="about-blank"),
        pytest.param(404, answer(404, problem(404, type="/errors/none")), id="relative-type"),
        pytest.param(404, answer(404, problem(404, instance="https://x.example/1")), id="absolute-instance"),
        pytest.param(404, answer(404, problem(404, instance="")), id="empty-reference"),
        pytest.param(404, answer(404, problem(404, detail="")), id="empty-detail"),
        pytest.param(404, answer(404, b" \n" + problem(404) + b"\n"), id="white-space-around"),
        pytest.param(404, answer(404, problem(404, status=404.0)), id="status-with-a-fraction-of-zero"),
        pytest.param(404, answer(404, headers=ANY_CASE), id="letter-case-of-a-header"),
        pytest.param(404, answer(404, headers=((*PROBLEM[0][:1], PROBLEM[0][1] + "; charset=utf-8"),)), id="charset"),
        pytest.param(
            404,
            answer(404, headers=(("Content-Type", 'application/problem+json;charset="UTF-8"'),)),
            id="charset-quoted",
        ),
        pytest.param(404, answer(404, headers=(("Content-Type", "application/problem+json; "),)), id="empty-parameter"),
        pytest.param(404, answer(404, headers=(*PROBLEM, ("Content-Encoding", "identity"))), id="identity"),
        pytest.param(404, answer(404, headers=(*PROBLEM, ("Set-Cookie", "a=b"), ("X-Any", "x"))), id="other-headers"),
        pytest.param(422, answer(422, problem(422, errors=LEFT_OUT)), id="no-errors-on-422"),
        pytest.param(422, answer(422, problem(422, errors=[])), id="errors-empty-on-422"),
        pytest.param(401, answer(401, headers=(*PROBLEM, ("WWW-Authenticate", "Bearer"))), id="401-with-a-challenge"),
        pytest.param(
            422, answer(422, problem(422, errors=[{"location": "body", "message": "No."}] * 3)), id="repeated"
        ),
        pytest.param(
            422,
            answer(
                422,
                problem(422, errors=[{"location": "body", "message": "No.", "value": 0}]).replace(
                    b": 0}", b": %s}" % (b"9" * 5000)
                ),
            ),
            id="value-of-5000-digits",
        ),
        pytest.param(413, answer(413, problem(413, title="Payload Too Large")), id="413-as-rfc-7231-says"),
        pytest.param(413, answer(413, problem(413, title="Content Too Large")), id="413-as-rfc-9110-says"),
        pytest.param(422, answer(422, problem(422, detail="Call parse(name) at 12:30")), id="words-that-are-no-trace"),
        pytest.param(204, answer(204, headers=(("Content-Length", "0"),)), id="204-with-length-0"),
        pytest.param(204, answer(204, headers=(("Content-Type", "application/json"),)), id="204-with-a-media-type"),
    ],
)
def test_an_unusual_answer_that_is_right_breaks_nothing(status: int, right: Response) -> None:
    """What the contract leaves to the vendor is not found fault with."""
    assert judged(REQUESTS[status], right).violations == ()


def test_a_204_is_wrong_where_the_update_is_not_valid() -> None:
    """An update that had to be refused, and was accepted, breaks the promise by which it had to be."""
    assert promise_ids(judged(REQUESTS[422], answer(204))) == ["status.schema"]


@pytest.mark.parametrize(
    ("status", "promise"),
    [
        (204, "status.valid"),
        (400, "status.syntax"),
        (401, "status.credential"),
        (403, "status.scope"),
        (404, "status.slug"),
        (415, "status.media_type"),
        (422, "status.schema"),
    ],
)
def test_another_documented_status_breaks_the_rule_of_the_circumstance(status: int, promise: str) -> None:
    """A status that is documented, but not for this request, breaks the promise that binds the request."""
    other = 404 if status in (401, 403) else 403

    verdict = judged(REQUESTS[status], answer(other))

    assert promise_ids(verdict) == [promise]
    assert promises()[promise].sentence.rstrip(".") in verdict.violations[0].expected


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        pytest.param(answer(500), "status.internal_error", id="500"),
        pytest.param(answer(200, b"{}"), "status.documented", id="200"),
        pytest.param(answer(202), "status.documented", id="202"),
        pytest.param(answer(405), "status.documented", id="405"),
        pytest.param(answer(409), "status.documented", id="409"),
        pytest.param(answer(599), "status.documented", id="599"),
        pytest.param(answer(301, headers=(("Location", "/x"),)), "response.redirect", id="301"),
        pytest.param(answer(308), "response.redirect", id="308-to-nowhere"),
        pytest.param(answer(304), "response.redirect", id="304"),
    ],
)
def test_a_status_that_no_request_may_get_breaks_the_promise_that_bound_this_one(response: Response, kind: str) -> None:
    """The kind of answer is named first; the promise that it contradicts is broken, too."""
    assert promise_ids(judged(VALID, response)) == [kind, "status.valid"]


@pytest.mark.parametrize(
    ("outcome", "promise"),
    [
        pytest.param(answer(413), "status.valid", id="413-for-a-small-body"),
        pytest.param(answer(415), "status.valid", id="415-for-json"),
        pytest.param(answer(204, wire=b"{}"), "success.empty", id="204-with-a-body"),
        pytest.param(answer(204, wire=b"\n"), "success.empty", id="204-with-one-byte"),
        pytest.param(Response(204, (), b"{}", b""), "success.empty", id="204-in-process"),
        pytest.param(answer(204, headers=(("Content-Encoding", "gzip"),)), "response.encoding", id="gzip"),
        pytest.param(answer(204, headers=(("X-User", "<KAITEN_AUTH_TOKEN>"),)), "public.credential", id="token"),
        pytest.param(
            replace(answer(204), reason="For <KAITEN_AUTH_TOKEN>"), "public.credential", id="token-in-the-reason"
        ),
        pytest.param(Failure.BROKEN, "answer.given", id="connection-broken"),
        pytest.param(Failure.TOO_LARGE, "answer.given", id="answer-too-large"),
        pytest.param(Failure.MALFORMED, "answer.http", id="not-http"),
    ],
)
def test_one_thing_wrong_with_an_answer_breaks_its_rule_alone(outcome: Response | Failure, promise: str) -> None:
    """To a valid update, each of these answers breaks one promise."""
    assert promise_ids(judged(VALID, outcome)) == [promise]


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param("goroutine 34 [running]:\nmain.handle()", id="go"),
        pytest.param("\t/src/main.go:12 +0x1d", id="go-frame"),
        pytest.param("runtime error: index out of range", id="go-panic"),
        pytest.param("Traceback (most recent call last):", id="python"),
        pytest.param("unexpected EOF\nmain.decode\n\t/srv/update.go:12", id="go-frame-of-an-error"),
        pytest.param('File "/srv/app.py", line 3', id="python-frame"),
        pytest.param("at sh.kaiten.Customers.update(Customers.java:41)", id="java"),
        pytest.param("null\n\tat sh.kaiten.Customers.update(Customers.java:41)", id="java-on-a-line-of-its-own"),
        pytest.param("at app//sh.kaiten.Customers.update(Customers.java:41)", id="java-of-a-module"),
        pytest.param("at sh.kaiten$update.invoke(customers.clj:41)", id="clojure"),
        pytest.param("at Kaiten.Api.Update(String slug) in /src/Api.cs:line 7", id="dotnet"),
        pytest.param("at update (/srv/app/index.js:10:15)", id="node"),
        pytest.param("at async update (/srv/app/index.js:10:15)", id="node-async"),
        pytest.param("at node:internal/main:12:3", id="node-internal"),
        pytest.param("#0 /srv/index.php(12): update()", id="php"),
        pytest.param("app/customers.rb:12:in `update'", id="ruby"),
        pytest.param("thread 'main' panicked at src/main.rs", id="rust"),
        pytest.param("kaiten::update\n  at ./src/main.rs:12:3", id="rust-frame"),
        pytest.param("#0      main (file:///srv/main.dart:12:3)", id="dart"),
        pytest.param("(jason 1.4.1) lib/jason.ex:92: Jason.decode!/2", id="elixir"),
        pytest.param("malformed JSON string at /srv/Customers.pm line 41.", id="perl"),
        pytest.param("stack traceback:\n\t/srv/handler.lua:41: in function 'access'", id="lua"),
    ],
)
def test_a_stack_trace_is_not_public(trace: str) -> None:
    """A stack trace of any common language is found, in a member of a problem."""
    response = answer(422, problem(422, detail=f"It went wrong: {trace}"))

    assert promise_ids(judged(REQUESTS[422], response)) == ["public.stack_trace"]


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param("unexpected value at /name:1:9", id="pointer-line-column"),
        pytest.param("unexpected value at ./name:1:2", id="relative-pointer"),
        pytest.param('File "body", line 1: a comma is missing', id="a-body-as-a-file"),
        pytest.param("runtime error: the customer is locked", id="an-error-of-a-runtime"),
    ],
)
def test_a_place_in_the_request_is_no_stack_trace(detail: str) -> None:
    """A detail may say where in the body something is wrong, by line and column."""
    assert promise_ids(judged(REQUESTS[422], answer(422, problem(422, detail=detail)))) == []


def test_an_echo_of_the_request_is_no_stack_trace() -> None:
    """A trace that the client itself sent, and that comes back as a value, is nobody's secret."""
    sent = replace(REQUESTS[422], body=b'["goroutine 1 [running]"]')

    assert promise_ids(judged(sent, answer(422, problem(422, detail="goroutine 1 [running]")))) == []


@pytest.mark.parametrize("token", ["<KAITEN_AUTH_TOKEN>", "<KAITEN_READ_TOKEN>"], ids=["write", "read"])
def test_a_credential_is_not_public(token: str) -> None:
    """A token of ours in an answer is found, and the message names its variable alone."""
    verdict = judged(REQUESTS[404], answer(404, problem(404, detail=f"Not for {token}")))

    assert promise_ids(verdict) == ["public.credential"]
    assert token not in verdict.violations[0].actual
    assert token.strip("<>") in verdict.violations[0].actual


def test_an_echo_of_a_placeholder_is_no_credential() -> None:
    """A client that itself sends the text of a placeholder gets back no token of ours."""
    sent = replace(REQUESTS[422], body=b'["<KAITEN_AUTH_TOKEN>"]')

    assert promise_ids(judged(sent, answer(422, problem(422, detail="<KAITEN_AUTH_TOKEN>")))) == []


def test_a_request_that_alone_breaks_the_connection_is_not_answered() -> None:
    """An interruption that meets one request each time is that request's violation, whatever came."""
    verdict = judged(VALID, answer(503), persistent=True)

    assert promise_ids(verdict) == ["answer.given"]
    assert verdict.violations[0].actual.startswith("503 ")


@pytest.mark.parametrize("failure", [Failure.BROKEN, Failure.TOO_LARGE])
def test_a_body_of_one_mib_may_break_the_connection(failure: Failure) -> None:
    """A server may close the connection on a body that is too large."""
    assert promise_ids(judged(REQUESTS[413], failure, persistent=True)) == []


@pytest.mark.parametrize("status", [502, 503, 504, 520])
def test_a_body_of_one_mib_may_meet_a_proxy_that_gives_up(status: int) -> None:
    """Before a server that closes the connection on a large body a proxy answers for it, each time."""
    response = answer(status, b"<html>Bad Gateway</html>", (("Content-Type", "text/html"),))

    assert promise_ids(judged(REQUESTS[413], response, persistent=True)) == []
    assert promise_ids(judged(VALID, response, persistent=True)) == ["answer.given"]


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.MALFORMED])
def test_a_body_of_one_mib_may_not_bring_just_anything(failure: Failure) -> None:
    """A body that is too large is no excuse for an answer that never comes, or that is no HTTP."""
    promise = "answer.http" if failure is Failure.MALFORMED else "answer.given"

    assert promise_ids(judged(REQUESTS[413], failure, persistent=True)) == [promise]


def test_an_answer_does_not_say_twice_where_it_ends() -> None:
    """A Content-Length beside a Transfer-Encoding is not HTTP (RFC 9112 section 6.2); each of them alone is."""
    chunked, length = ("Transfer-Encoding", "chunked"), ("Content-Length", "99")

    assert promise_ids(judged(REQUESTS[404], answer(404, headers=(*PROBLEM, chunked, length)))) == ["answer.http"]
    assert promise_ids(judged(REQUESTS[404], answer(404, headers=(*PROBLEM, chunked)))) == []
    assert promise_ids(judged(REQUESTS[404], answer(404, headers=(*PROBLEM, length)))) == []


@pytest.mark.parametrize("status", [414, 431])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(("text/html", b"<html>Too long</html>"), id="html"),
        pytest.param(("application/problem+json", b"{}"), id="problem-without-members"),
        pytest.param(("", b""), id="nothing"),
    ],
)
def test_a_long_request_line_may_be_refused_in_any_shape(content: tuple[str, bytes], status: int) -> None:
    """What answers a request line over 8,000 octets is something before the API: its body is nobody's promise."""
    media_type, body = content
    long = update("n" * 8000, b'{"name":"x"}')
    refused = answer(status, body, (("Content-Type", media_type),) if media_type else ())

    assert promise_ids(judged(long, refused)) == []
    assert promise_ids(judged(VALID, refused)) == ["status.documented", "status.valid"]


def test_everything_wrong_is_found_at_once() -> None:
    """The judge does not stop at the first violation."""
    response = answer(500, problem(500, title="Oops", trace=1), headers=(("X-User", "<KAITEN_AUTH_TOKEN>"),))

    assert set(promise_ids(judged(VALID, response))) == {
        *("status.internal_error", "status.valid", "public.credential"),
        *("problem.media_type", "problem.title", "problem.members"),
    }


@pytest.mark.parametrize(
    ("status", "tried", "not_tried"),
    [
        (204, {"success.empty", "status.valid"}, {"problem.title", "status.slug"}),
        (404, {"problem.title", "problem.location", "status.slug"}, {"success.empty", "status.valid"}),
        (422, {"problem.errors", "problem.location", "status.schema"}, {"success.empty", "status.slug"}),
    ],
)
def test_a_verdict_says_which_rules_were_put_to_the_test(status: int, tried: set[str], not_tried: set[str]) -> None:
    """What an answer gave no occasion to break does not count as kept."""
    verdict = judged(REQUESTS[status], answer(status))

    assert tried <= verdict.tried <= set(promises()) - not_tried


def test_a_problem_without_a_coding_is_judged_whatever_its_headers_say() -> None:
    """A problem whose coding is said to be `identity` has none: it is judged like any other."""
    identity = ("Content-Encoding", "identity")

    wrong = judged(REQUESTS[404], answer(404, problem(404, title="Oops"), headers=(*PROBLEM, identity)))

    assert promise_ids(wrong) == ["problem.title"]


@pytest.mark.parametrize(
    ("body", "not_tried"),
    [
        pytest.param(b"<html>", {"problem.title", "problem.members", "problem.object"}, id="html"),
        pytest.param(b"[]", {"problem.title", "problem.members"}, id="array"),
        pytest.param(problem(404, errors=LEFT_OUT), {"problem.errors", "problem.location"}, id="no-errors"),
        pytest.param(problem(404, errors=[]), {"problem.location"}, id="no-items"),
        pytest.param(problem(404, type=LEFT_OUT), {"problem.type"}, id="no-type"),
    ],
)
def test_what_an_answer_does_not_say_is_not_tried(body: bytes, not_tried: set[str]) -> None:
    """A promise about a member is tried by answers that have the member, and by no others."""
    verdict = judged(REQUESTS[404], answer(404, body))

    assert not_tried & verdict.tried == set()
    assert "problem.media_type" in verdict.tried


@pytest.mark.parametrize("text", ["\x1b[31m", "\x9b31m", "\u202e", "\u2028", "a\nb"])
def test_a_violation_can_be_shown_on_a_terminal(text: str) -> None:
    """What came from the vendor is escaped where it would garble a terminal, wherever it stands."""
    found = violation("problem.title", text, text, text)

    assert (found.expected + found.actual + found.place).isprintable()
