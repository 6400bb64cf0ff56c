"""An exchange keeps what is needed after it was judged."""

from __future__ import annotations

from contracts.http.exchange import Exchange, Response
from contracts.http.request import update


def test_headers_of_an_answer_are_found_in_any_letter_case() -> None:
    """A header is the same whatever the letter case of its name: every value is found."""
    assert Response(200, (("X-One", "1"), ("x-one", "2")), b"", b"").values("X-ONE") == ["1", "2"]


def test_a_judged_exchange_keeps_no_more_than_64_kib_of_its_body() -> None:
    """Of a very long answer the end is dropped once it was judged, and how long it was is still known."""
    long = Exchange(update("acme", b"{}"), Response(200, (), b"a" * 100_000, b"a" * 100_000))
    short = Exchange(update("acme", b"{}"), Response(200, (), b"a" * 65_536, b"a" * 65_536))

    kept = long.kept().response

    assert kept
    assert (len(kept.body), len(kept.wire_body), kept.size) == (65_536, 65_536, 100_000)
    assert short.kept() is short
