"""A request body is read in every way that RFC 8259 lets a server read it."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.http.target import MIB
from contracts.rules.body import DEPTH_LIMIT, Body, plain, read, shallow, well_formed

SIZE, TEXT = frozenset({"status.size"}), frozenset({"status.text"})
ENCODING = frozenset({"status.encoding"})

PLAIN = {"name": "x"}


def name(text: bytes) -> bytes:
    """A body whose name is this text."""
    return b'{"name":"' + text + b'"}'


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param(b'{"name":"x"}', PLAIN, id="object"),
        pytest.param(b' \t\r\n{ "name" : "x" } \n', PLAIN, id="white-space"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b"[]", [], id="array"),
        pytest.param(b"1.5", 1.5, id="number"),
        pytest.param(b'"x"', "x", id="string"),
        pytest.param(b'{"\\u006eame":"x"}', PLAIN, id="escaped-member-name"),
        pytest.param(name(b"\\ud83d\\ude00"), {"name": "\U0001f600"}, id="surrogate-pair"),
        pytest.param(name("\ufffd".encode()), {"name": "\ufffd"}, id="replacement-character-itself"),
        pytest.param(name(b"\\ufffd"), {"name": "\ufffd"}, id="replacement-character-escaped"),
        pytest.param(name(b"\\\\u0000"), {"name": "\\u0000"}, id="escaped-backslash-before-u0000"),
        pytest.param(name(b"\xef\xbb\xbfx"), {"name": "\ufeffx"}, id="byte-order-mark-inside"),
        pytest.param(b'{"n":18446744073709551616}', {"n": 2**64}, id="number-past-64-bits"),
        pytest.param(b'{"n":1e308}', {"n": 1e308}, id="largest-double"),
        pytest.param(b'{"a":{"n":1},"b":{"n":2}}', {"a": {"n": 1}, "b": {"n": 2}}, id="one-name-in-two-objects"),
        pytest.param(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT, None, id="deepest-that-must-be-read"),
    ],
)
def test_json_text_has_one_reading(data: bytes, value: Any) -> None:
    """JSON text that leaves nothing open is read as what it says."""
    body = read(data)

    assert body == Body(body.values)
    assert len(body.values) == 1
    assert value is None or body.values == (value,)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \r\n\t", id="blank"),
        pytest.param(b"{", id="cut-off"),
        pytest.param(b"{'name':'x'}", id="single-quotes"),
        pytest.param(b'{"name":"x",}', id="trailing-comma"),
        pytest.param(b'{"name":"x"} x', id="trailing-text"),
        pytest.param(b'{"name":"x"}{"name":"x"}', id="two-texts"),
        pytest.param(b'{"n":nan}', id="nan-in-lower-case"),
        pytest.param(b'{"n":01}', id="leading-zero"),
        pytest.param(b'{"n":+1}', id="leading-plus"),
        pytest.param(name(b"a\nb"), id="raw-newline"),
        pytest.param(name(b"\\x41"), id="hexadecimal-escape"),
        pytest.param("\u00a0{}".encode(), id="no-break-space-before"),
    ],
)
def test_what_is_no_json_text_has_no_reading(data: bytes) -> None:
    """What is no JSON text has no value, and nothing about it is open."""
    assert read(data) == Body(())


@pytest.mark.parametrize(
    ("data", "special"),
    [
        pytest.param(b'{"n":NaN', "status.constant", id="nan-and-cut-off"),
        pytest.param(b'{"n":1e999', "status.number", id="a-huge-number-and-cut-off"),
        pytest.param(b'{"n":"\\u0000"', "status.text", id="an-escaped-nul-and-cut-off"),
        pytest.param(name(b"a\0b"), "status.text", id="raw-nul"),
        pytest.param(b'{"name":"x"}\0', "status.text", id="nul-after"),
    ],
)
def test_what_is_odd_besides_leaves_more_open(data: bytes, special: str) -> None:
    """A reader may find an odd number or character before it finds that the rest is no JSON."""
    assert read(data) == Body((), frozenset({special}))


@pytest.mark.parametrize("data", [b"NaN", b'{"n":-Infinity}', b'{"n":[Infinity]}'], ids=["nan", "negative", "inside"])
def test_a_constant_that_json_does_not_have_is_noted(data: bytes) -> None:
    """NaN and Infinity are no JSON, but some parsers read them: that one is there is noted, nothing else is open."""
    body = read(data)

    assert body == Body(body.values, frozenset({"status.constant"}))
    assert len(body.values) == 1


ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", ['{"name":"x"}', ' \r\n{"name":"x"}'], ids=["object", "white-space-first"])
def test_json_in_another_encoding_has_its_value(text: str, encoding: str) -> None:
    """JSON that begins with a byte order mark, or is in UTF-16 or UTF-32, has the value that a reader of that has."""
    assert read(text.encode(encoding)) == Body((PLAIN,), ENCODING)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_noted_before_what_is_no_json_too(encoding: str) -> None:
    """What is no JSON has no value in any encoding; that it begins with a byte order mark is noted."""
    assert read('{"name":'.encode(encoding)) == Body((), ENCODING)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param(name(b"\xff"), {"name": "\ufffd"}, id="byte-ff"),
        pytest.param(name(b"caf\xe9"), {"name": "caf\ufffd"}, id="latin-1"),
    ],
)
def test_text_that_is_no_utf_8_may_be_read_or_refused(data: bytes, value: Any) -> None:
    """Text with bytes that are no UTF-8 has the value that a lenient reader gives it."""
    assert read(data) == Body((value,), TEXT)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param(name(b"a\\u0000b"), {"name": "a\0b"}, id="nul"),
        pytest.param(name(b"\\ud800"), {"name": "\ufffd"}, id="high-surrogate"),
        pytest.param(name(b"\\uDC00"), {"name": "\ufffd"}, id="low-surrogate"),
        pytest.param(name(b"\\ude00\\ud83d"), {"name": "\ufffd\ufffd"}, id="surrogates-reversed"),
        pytest.param(b'{"\\ud800":1}', {"\ufffd": 1}, id="surrogate-in-member-name"),
        pytest.param(b'["\\u0000"]', ["\0"], id="nul-in-array"),
    ],
)
def test_text_that_is_no_unicode_is_open(data: bytes, value: Any) -> None:
    """U+0000 and lone surrogates are strict JSON text, but a server may refuse or repair them."""
    assert read(data) == Body((value,), TEXT)


def test_each_of_two_equal_names_may_count() -> None:
    """A member that is there twice gives one reading for each of its values."""
    body = read(b'{"name":"a","id":1,"name":"b"}')

    assert body.values == ({"name": "a", "id": 1}, {"name": "b", "id": 1})
    assert body.special == TEXT


def test_equal_names_further_down_count_too() -> None:
    """Names may repeat in any object of the text."""
    body = read(b'[{"n":1,"n":2}]')

    assert body.values == ([{"n": 1}], [{"n": 2}])


def test_readings_end_before_they_are_too_many() -> None:
    """A body of a thousand equal names is still read at once."""
    body = read(b"{" + b",".join(b'"n%d":1,"n%d":2' % (i, i) for i in range(1000)) + b"}")

    assert 1 < len(body.values) <= 16


@pytest.mark.parametrize(
    "number",
    [b"1e999", b"-1e999", b"9" * 400, b"-" + b"9" * 400, b"9" * 10_000, b"1e400"],
    ids=["exponent", "negative", "400-digits", "negative-400-digits", "10000-digits", "just-too-large"],
)
def test_a_number_past_a_double_is_noted(number: bytes) -> None:
    """A number past the range of a double is noted, wherever it is."""
    body = read(b'{"name":"x","n":[' + number + b"]}")

    assert body.special == {"status.number"}


@pytest.mark.parametrize(
    ("number", "is_absurd"),
    [
        pytest.param(b"1e-9999999", True, id="close-to-zero"),
        pytest.param(b"0e4294967297", True, id="zero-with-a-great-exponent"),
        pytest.param(b"-0.0E-1000000", True, id="zero-with-a-great-negative-exponent"),
        pytest.param(b"0." + b"3" * 1000, True, id="long-fraction"),
        pytest.param(b"0." + b"3" * 100, False, id="fraction"),
        pytest.param(b"0e1", False, id="zero-with-an-exponent"),
        pytest.param(b"-0", False, id="minus-zero"),
        pytest.param(b"0.000", False, id="zero-with-a-fraction"),
    ],
)
def test_a_number_inside_the_range_of_a_double_may_be_absurd(number: bytes, is_absurd: bool) -> None:
    """A server may refuse a number of more than a thousand characters, and what a double holds as zero and is not."""
    assert read(b'{"n":' + number + b"}").special == (TEXT if is_absurd else set())


@pytest.mark.parametrize(
    ("data", "open_text"),
    [
        pytest.param(b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1), True, id="arrays"),
        pytest.param(b'{"a":' * 100 + b"1" + b"}" * 100, True, id="objects"),
        pytest.param(b"[" * 100_000, True, id="never-closed"),
        pytest.param(name(b"[" * 1000), False, id="brackets-in-a-string"),
        pytest.param(name(b"[" * 1000)[:-2], False, id="brackets-in-a-string-that-never-ends"),
        pytest.param(name(b'\\"' + b"{" * 1000), False, id="brackets-after-an-escaped-quote"),
        pytest.param(b"[" + b"[]," * 1000 + b"[]]", False, id="many-but-not-deep"),
    ],
)
def test_only_depth_is_open(data: bytes, open_text: bool) -> None:
    """A body nested deeper than any parser has to follow is open; brackets in strings or side by side do not count."""
    assert read(data).special == (TEXT if open_text else set())


@pytest.mark.parametrize(
    ("size", "oversized"), [(MIB - 1, False), (MIB, True), (MIB + 1, True)], ids=["below", "at", "above"]
)
@pytest.mark.parametrize("data", [b'{"name":"%s"}', b"%s"], ids=["json", "no-json"])
def test_a_body_of_one_mib_is_oversized(data: bytes, size: int, oversized: bool) -> None:
    """From 1 MiB on a body is oversized, and so open, whatever it holds."""
    body = read(data % (b"a" * (size - len(data) + 2)))

    assert body.special == (SIZE | TEXT if oversized else set())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("[" * 10_000 + "1" + "]" * 10_000, "[" * 65 + "]" * 65, id="arrays"),
        pytest.param('{"a":' * 70 + "1" + "}" * 70 + " ", '{"a":' * 64 + "{" + "}" * 65 + " ", id="objects"),
        pytest.param("[" * 64 + '"]"' + "]" * 64, "[" * 64 + '"]"' + "]" * 64, id="deepest-that-is-read"),
        pytest.param("[" * 70 + r'"]\"]"' + "]" * 70, "[" * 65 + "]" * 65, id="brackets-in-a-string"),
        pytest.param("[" * 70 + "]" * 70 + ',[1,"', "[" * 65 + "]" * 65 + ',[1,"', id="goes-on-after-it"),
        pytest.param("[" * 100, "[" * 65, id="never-closed"),
        pytest.param("[" * 70 + '"' + r"\"" * 200_000, "[" * 65, id="a-string-that-never-ends"),
    ],
)
def test_what_is_nested_too_deeply_is_left_out(text: str, left: str) -> None:
    """Of a text that is nested deeper than any parser has to follow, the upper levels can be read all the same."""
    assert shallow(text) == left


def test_what_was_repaired_is_the_same_in_plain() -> None:
    """Without what a server may repair, text that was sent and text that was repaired are equal."""
    assert plain("a\ud800c") == plain("a\ufffdc") == plain("a\ufffd\ufffdc")
    assert plain("a\0b") != plain("ab")


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        pytest.param(
            r'{"\ud800":["\ud83d\ude00","\udc00x",1,null]}',
            r'{"\ufffd":["\ud83d\ude00","\ufffdx",1,null]}',
            id="any-depth",
        ),
        pytest.param(r'"\\ud800 \\\ud800"', r'"\\ud800 \\\ufffd"', id="behind-an-escaped-backslash"),
        pytest.param(r'"\ud83d\ud83d\ude00\ude00"', r'"\ufffd\ud83d\ude00\ufffd"', id="around-a-pair"),
        pytest.param(r'"\ud8zz"', r'"\ud8zz"', id="no-escape"),
    ],
)
def test_repair_replaces_only_lone_surrogates(text: str, repaired: str) -> None:
    """A lone surrogate becomes U+FFFD, at any depth; whole characters stay."""
    assert well_formed(text) == repaired


def test_each_of_two_equal_names_is_repaired() -> None:
    """No value that a body may stand for has a lone surrogate, whichever of two equal names counts."""
    assert read(b'{"name":"\\ud800","name":"b"}') == Body(({"name": "\ufffd"}, {"name": "b"}), TEXT)
