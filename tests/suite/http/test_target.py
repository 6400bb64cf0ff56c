"""A target is checked before anything is sent to it."""

from __future__ import annotations

import pytest

from contracts.errors import WrongCall
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN
from contracts.http.target import MOCK_URL, Target, checked_tokens, checked_url, looks_like_production


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://staging.example.com", id="staging"),
        pytest.param("https://staging.example.com/api", id="with-a-path"),
        pytest.param("https://staging.example.com:8443/api", id="with-a-port"),
        pytest.param("https://demo.kaiten.sh", id="demo"),
        pytest.param("https://[2001:db8::1]/api", id="address"),
        pytest.param("http://localhost:8000", id="localhost"),
        pytest.param("http://kaiten.localhost:8000", id="name-of-this-machine"),
        pytest.param("http://127.0.0.1:8000", id="loopback"),
        pytest.param("http://[::1]:8000", id="loopback-of-ipv6"),
        pytest.param("http://LOCALHOST.:8000", id="localhost-fully-qualified"),
        pytest.param("http://[::ffff:127.0.0.1]:8000", id="loopback-of-ipv4-in-ipv6"),
        pytest.param("https://xn--bcher-kva.example.com", id="punycode"),
        pytest.param("https://b\u00fccher.example.com", id="letters-beyond-ascii"),
    ],
)
def test_a_proper_base_url_is_used_as_it_is(url: str) -> None:
    """A base URL of a rehearsal or of this machine needs no option, and only loses a slash at its end."""
    assert checked_url(url) == url
    assert checked_url(url + "/") == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("", "must be like https://", id="empty"),
        pytest.param("staging.example.com", "must be like https://", id="no-scheme"),
        pytest.param("ftp://staging.example.com", "must be like https://", id="other-scheme"),
        pytest.param("https://", "must be like https://", id="no-host"),
        pytest.param("https:///api", "must be like https://", id="path-without-host"),
        pytest.param("https://staging.example.com/a b", "must be like https://", id="space"),
        pytest.param("https://staging.example.com\n", "must be like https://", id="line-break"),
        pytest.param("https://staging.example.com:http", "cannot be read", id="port-in-letters"),
        pytest.param("https://staging.example.com:99999", "cannot be read", id="port-too-high"),
        pytest.param("https://[::1", "cannot be read", id="bracket-left-open"),
        pytest.param("https://[v1.x]", "cannot be read", id="address-of-the-future"),
        pytest.param("https://staging.example.com:0", "must be like https://", id="port-0"),
        pytest.param("https://staging.example.com:-1", "cannot be read", id="port-below-0"),
        pytest.param("https://staging.example.com:\uff18\uff10", "cannot be read", id="port-in-full-width"),
        pytest.param("https://staging.example.com/\x7f", "must be like https://", id="delete"),
        pytest.param("https://staging.example.com/\u202e", "must be like https://", id="right-to-left"),
        pytest.param("https://staging.example.com\\api", "must be like https://", id="backslash"),
        pytest.param("https://staging.example.com\\@evil.example.com", "must be like https://", id="backslash-and-at"),
        pytest.param("https:\\\\staging.example.com", "must be like https://", id="backslashes"),
        pytest.param("https://%61pi.kaiten.sh", "names no host", id="percent-encoded-host"),
        pytest.param("https://staging..example.com", "names no host", id="empty-label"),
        pytest.param("https://.", "names no host", id="dot"),
        pytest.param(f"https://{'a' * 64}.example.com", "names no host", id="label-too-long"),
        pytest.param("https://@staging.example.com", "user info", id="empty-user"),
        pytest.param("https://:@staging.example.com", "user info", id="empty-user-and-password"),
        pytest.param("https://api.kaiten.sh.", "--allow-production", id="production-fully-qualified"),
        pytest.param("https://api\u3002kaiten.sh", "--allow-production", id="production-with-another-dot"),
        pytest.param("https://www.testrail.example", "--allow-production", id="production-of-a-company-named-so"),
        pytest.param("http://localhost.example.com", "--allow-plain-http", id="localhost-of-somebody"),
        pytest.param("http://127.0.0.1.nip.io", "--allow-plain-http", id="address-in-a-name"),
        pytest.param("http://127.1", "--allow-plain-http", id="short-address"),
        pytest.param("http://0x7f.1", "--allow-plain-http", id="address-in-hexadecimal"),
        pytest.param("http://2130706433", "--allow-plain-http", id="address-in-one-number"),
        pytest.param("http://017700000001", "--allow-plain-http", id="address-in-octal"),
        pytest.param("http://0.0.0.0:8000", "--allow-plain-http", id="any-address"),
        pytest.param("http://[::ffff:10.0.0.1]", "--allow-plain-http", id="neighbour-in-ipv6"),
        pytest.param("https://me:secret@staging.example.com", "user info", id="user-and-password"),
        pytest.param("https://me@staging.example.com", "user info", id="user"),
        pytest.param("https://staging.example.com?x=1", "query or a fragment", id="query"),
        pytest.param("https://staging.example.com/?", "query or a fragment", id="empty-query"),
        pytest.param("https://staging.example.com/#top", "query or a fragment", id="fragment"),
        pytest.param("https://api.kaiten.sh", "--allow-production", id="production"),
        pytest.param("http://staging.example.com", "--allow-plain-http", id="plain-http"),
        pytest.param("http://10.0.0.1", "--allow-plain-http", id="plain-http-to-the-neighbour"),
        pytest.param("http://127.0.0.1.example.com", "--allow-plain-http", id="not-really-this-machine"),
    ],
)
def test_another_base_url_is_a_wrong_call(url: str, said: str) -> None:
    """A base URL that cannot be meant is refused in one line, which shows no password."""
    with pytest.raises(WrongCall, match=said) as caught:
        checked_url(url)

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_production_is_allowed_when_it_is_meant() -> None:
    """With --allow-production a URL that looks like production is used."""
    assert checked_url("https://api.kaiten.sh", allow_production=True) == "https://api.kaiten.sh"


def test_plain_http_is_allowed_when_it_is_meant() -> None:
    """With --allow-plain-http another machine may be talked to without TLS."""
    assert checked_url("http://staging.example.com", allow_plain_http=True) == "http://staging.example.com"


@pytest.mark.parametrize("url", ["https://me:secret@api.kaiten.sh", "https://api.kaiten.sh?x=1", "ftp://api.kaiten.sh"])
def test_no_option_allows_what_is_no_base_url(url: str) -> None:
    """The options allow what they name and nothing else."""
    with pytest.raises(WrongCall):
        checked_url(url, allow_production=True, allow_plain_http=True)


@pytest.mark.parametrize(
    ("host", "production"),
    [
        ("api.kaiten.sh", True),
        ("API.KAITEN.SH", True),
        ("kaiten.example.com", True),
        ("app.example.com", True),
        ("www.example.com", True),
        ("prod-eu.example.com", True),
        ("eu-prod.example.com", True),
        ("api2.example.com", True),
        ("live.example.com", True),
        ("api.staging.example.com", False),
        ("api-staging.example.com", False),
        ("staging-api.example.com", False),
        ("api.preprod.example.com", False),
        ("kaiten.qa1.example.com", False),
        ("api.devbox.example.com", False),
        ("api.staging", False),
        ("app.devcorp.io", True),
        ("app.democracy.org", True),
        ("dev.example.com", False),
        ("customers.example.com", False),
        ("localhost", False),
    ],
)
def test_a_host_looks_like_production_by_its_name(host: str, production: bool) -> None:
    """A first label that says production counts, unless some label says rehearsal."""
    assert looks_like_production(host) is production


def test_tokens_are_known_by_their_placeholders() -> None:
    """Each token stands under the placeholder that requests are written with."""
    assert checked_tokens("ksh_a", "ksh_b") == {WRITE_TOKEN: "ksh_a", READ_TOKEN: "ksh_b"}


@pytest.mark.parametrize("read", [None, ""], ids=["not-set", "empty"])
def test_the_read_token_may_be_left_out(read: str | None) -> None:
    """Without a read token the 403 cannot be tried, and nothing else is amiss."""
    tokens = checked_tokens("ksh_a", read)

    assert tokens == {WRITE_TOKEN: "ksh_a"}
    assert not Target("https://staging.example.com", tokens).can_try_scope


@pytest.mark.parametrize(
    ("write", "read", "said"),
    [
        pytest.param(None, None, "KAITEN_AUTH_TOKEN is not set", id="not-set"),
        pytest.param("", "ksh_b", "KAITEN_AUTH_TOKEN is not set", id="empty"),
        pytest.param("ksh_secret\n", None, "KAITEN_AUTH_TOKEN has a space or", id="line-break"),
        pytest.param("ksh_secret x", None, "KAITEN_AUTH_TOKEN has a space or", id="space"),
        pytest.param("Bearer ksh_secret", None, "KAITEN_AUTH_TOKEN has a space or", id="with-its-scheme"),
        pytest.param("ksh_secr\u00e9t", None, "KAITEN_AUTH_TOKEN has a space or", id="beyond-ascii"),
        pytest.param("ksh_a", "ksh_secret\r", "KAITEN_READ_TOKEN has a space or", id="read-token-with-line-break"),
        pytest.param("ksh_secret", "ksh_secret", "is the same as", id="twice-the-same"),
    ],
)
def test_a_token_that_cannot_be_used_is_a_wrong_call(write: str | None, read: str | None, said: str) -> None:
    """A missing or mangled token is refused in one line, which names its variable and does not show it."""
    with pytest.raises(WrongCall, match=said) as caught:
        checked_tokens(write, read)

    assert "secr" not in str(caught.value)


def test_only_the_mocks_url_is_the_mock() -> None:
    """The mock answers in process for its own URL; every other is behind a socket."""
    assert Target(MOCK_URL, {}).is_mock
    assert not Target("http://localhost:8000", {}).is_mock
