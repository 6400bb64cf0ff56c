"""The target: where the suite sends its requests, as whom, by which way, and within which limits.

Each `checked_…` function checks a value and returns it. If the value cannot be used, it raises a WrongCall, whose
message is one line and shows no secret.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from contracts.errors import WrongCall
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN, Headers, Secret, with_derived
from contracts.http.request import CUSTOMER_BEGINNING, CUSTOMER_CUT, CUSTOMER_ID, Request

MOCK_URL = "http://kaiten.mock"
NO_READ_TOKEN = "KAITEN_READ_TOKEN is not set: a token without write:customers is needed for the 403"
NO_ID = "the id of a customer is not known, or not drawn at random: it may be the slug of somebody else's customer"
SHORTER = "a beginning of the slug of --customer may be the slug of somebody else's customer"
MIB = 1024 * 1024

# A host looks like production if its first label has a word of `_PRODUCTION`. It does not if any label has a word of
# `_REHEARSAL`, or if a label before the last two (the registered domain) has a word that `_REHEARSAL_BEGINS` matches.
_PRODUCTION = re.compile(r"(api|app|www|prod|production|live|kaiten)\d*")
_REHEARSAL = re.compile(
    r"(stag(e|ing)?|test(ing)?|dev|demo|sandbox|preview|preprod|candidate|localhost|mock|qa|uat)\d*"
)
_REHEARSAL_BEGINS = re.compile(r"stag|test|dev|demo|sandbox|preview|preprod|candidate|mock|nonprod")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f.]*:[0-9a-f:.]*(%.+)?", re.IGNORECASE)
# What needs no encoding in a path (RFC 3986 section 2.3); the name and the value of a header (RFC 9110 section 5).
_SLUG = re.compile(r"[A-Za-z0-9._~-]+")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_SET_BY_SUITE = frozenset({"accept", "authorization", "content-length", "content-type", "host", "transfer-encoding"})
# A header value that is shorter than this is in many texts by chance: masking it would change what is judged.
_MASKED = 8


@dataclass(frozen=True)
class Limits:
    """What one exchange and one run may take: seconds, bytes, requests per second, requests at once.

    `customers` is how many customers of ours may exist at once, or None for any number.
    `interruptions` are statuses that count as an interruption on this target, besides those that do on every target.
    """

    time: float = 10.0
    size: int = MIB
    rate: float | None = None
    concurrency: int = 10
    patience: float = 60.0
    settle: float = 2.0
    customers: int | None = None
    interruptions: frozenset[int] = frozenset()

    @property
    def waits(self) -> str:
        """For how long nothing may happen, in words."""
        return f"waits {self.patience:g} s (--patience) for a target that does not answer"


@dataclass(frozen=True)
class Target:
    """Where requests go, and as whom. `tokens` maps a placeholder to its token, and never shows in a repr.

    `headers` are for what stands in front of the target: they are sent with every request, and their values are secret.
    `tls` is how a secure connection is made, or None for the usual way.
    """

    base_url: str
    tokens: Mapping[str, str] = field(repr=False)
    limits: Limits = Limits()
    customer: str | None = None
    proxy_from_env: bool = False
    headers: Headers = field(default=(), repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    @cached_property
    def header_values(self) -> dict[str, str]:
        """The values of the headers by their placeholders."""
        return {f"<KAITEN_HEADER_{number}>": value for number, (_, value) in enumerate(self.headers, 1)}

    @property
    def shown_headers(self) -> Headers:
        """The headers with placeholders for their values."""
        return tuple(zip((name for name, _ in self.headers), self.header_values, strict=True))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """What is sent in place of each placeholder."""
        return with_derived(self.tokens) | self.header_values

    @cached_property
    def masked(self) -> dict[str, str]:
        """The secrets that are masked wherever they come back: tokens, and long values of headers."""
        headers = self.header_values
        return {key: value for key, value in self.secrets.items() if key not in headers or len(value) >= _MASKED}

    @property
    def is_mock(self) -> bool:
        """Whether the in-process mock answers, instead of something behind a socket."""
        return self.base_url == MOCK_URL

    @property
    def can_try_scope(self) -> bool:
        """Whether a token without `write:customers` is at hand, for the 403."""
        return READ_TOKEN in self.tokens

    def untriable(self, template: Request, id_: str) -> str:
        """Why a template cannot be tried on a customer with this id (empty: not known); empty if it can."""
        if self.customer and any(form in template.path for form in (CUSTOMER_CUT, CUSTOMER_BEGINNING)):
            return SHORTER
        if CUSTOMER_ID in template.path and not id_:
            return NO_ID
        needs_reader = any(READ_TOKEN in value for _, value in template.headers)
        return NO_READ_TOKEN if needs_reader and not self.can_try_scope else ""

    def proxy(self) -> httpx.URL | None:
        """The proxy that the environment names for this target, if `proxy_from_env` says to use it.

        Raises WrongCall if it cannot be used, or if only ALL_PROXY names one.
        """
        url, proxies = httpx.URL(self.base_url), getproxies() if self.proxy_from_env else {}
        variable = f"{url.scheme.upper()}_PROXY"
        if not {url.scheme, "all"} & set(proxies) or proxy_bypass(url.host):
            return None
        if url.scheme not in proxies:
            raise WrongCall(f"--proxy-from-env reads {variable}, but only ALL_PROXY is set: set {variable} as well")
        with suppress(httpx.InvalidURL):
            proxy = httpx.URL(proxies[url.scheme])
            named = _HOST.fullmatch(proxy.raw_host.decode("ascii")) and (proxy.port or 0) < 65536
            if named and proxy.scheme == "http":
                return proxy
        # The message does not show the value, which may hold a password.
        raise WrongCall(f"{variable} must be like http://proxy.example.com:3128, for --proxy-from-env")


def checked_url(base_url: str, *, allow_production: bool = False, allow_plain_http: bool = False) -> str:
    """The base URL without a trailing slash. Production, and plain http to another machine, have to be allowed."""
    try:
        parts = urlsplit(base_url)
        strange = not base_url.isprintable() or re.search(r"[\s\\]", base_url)
        if parts.port == 0 or parts.scheme not in ("http", "https") or not parts.hostname or strange:
            raise WrongCall("the base URL must be like https://staging.example.com/api")
        if "@" in parts.netloc:
            raise WrongCall("the base URL has user info in it; give the token in KAITEN_AUTH_TOKEN instead")
        if parts.query or parts.fragment or base_url.endswith(("?", "#")):
            raise WrongCall("the base URL has a query or a fragment; give only scheme, host, port and path")
        # The host as the client reads it: in lower case, with Punycode for letters outside ASCII.
        host = httpx.URL(base_url).raw_host.decode("ascii")
    except (ValueError, httpx.InvalidURL) as error:
        raise WrongCall(f"the base URL cannot be read: {error}") from None
    if not _HOST.fullmatch(host):
        raise WrongCall(f"the base URL names no host: {host}")
    if looks_like_production(host) and not allow_production:
        raise WrongCall(f"{host} looks like production; give a staging URL, or --allow-production if you mean it")
    if parts.scheme == "http" and not _is_this_machine(host) and not allow_plain_http:
        raise WrongCall(f"plain http to {host} would show the token on the way; use https, or --allow-plain-http")
    return base_url.rstrip("/")


def looks_like_production(host: str) -> bool:
    """Whether a host's name says that real customers are behind it."""
    labels = [label.split("-") for label in host.lower().rstrip(".").split(".")]
    if any(_REHEARSAL.fullmatch(word) for words in labels for word in words):
        return False
    if any(_REHEARSAL_BEGINS.match(word) for words in labels[:-2] for word in words):
        return False
    return any(_PRODUCTION.fullmatch(word) for word in labels[0])


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f".{host}".rstrip(".").endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def checked_customer(slug: str | None) -> str | None:
    """The slug of the customer to use, if one was given. It needs no encoding in a path."""
    if slug is not None and (not _SLUG.fullmatch(slug) or slug in (".", "..")):
        raise WrongCall(f"--customer {slug!r} is not a slug: use only ASCII letters, digits and -._~")
    return slug


def checked_tokens(write: str | None, read: str | None) -> dict[str, str]:
    """The tokens by their placeholders; the read token may be left out."""
    if not write:
        raise WrongCall("KAITEN_AUTH_TOKEN is not set: export a token with the scope write:customers for this target")
    tokens = {WRITE_TOKEN: write} | ({READ_TOKEN: read} if read else {})
    for placeholder, token in tokens.items():
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            name = placeholder.strip("<>")
            raise WrongCall(f"{name} has a space or another character that no token has: give the token alone")
    if read == write:
        raise WrongCall("KAITEN_READ_TOKEN is the same as KAITEN_AUTH_TOKEN: it must lack the scope write:customers")
    return tokens


def checked_headers(given: Sequence[str], environment: Mapping[str, str]) -> Headers:
    """The headers for what stands in front of the target, each given as NAME=VALUE.

    A name alone takes its value from a variable: KAITEN_HEADER_1 for the first header, and so on.
    """
    headers = []
    for number, header in enumerate(given, 1):
        name, sign, value = header.partition("=")
        variable = f"KAITEN_HEADER_{number}"
        value = value if sign else environment.get(variable, "")
        # A text that cannot be a name may be a secret, so the message does not show it.
        if not _FIELD_NAME.fullmatch(name):
            raise WrongCall(f"--header must be NAME=VALUE, or NAME alone with the value in {variable}")
        if name.lower() in _SET_BY_SUITE:
            raise WrongCall(f"--header {name} cannot be given: the suite sets {name} itself")
        if not _FIELD_VALUE.fullmatch(value):
            raise WrongCall(
                f"--header has no value, or one that no header can carry; give NAME=VALUE or set {variable}"
            )
        headers.append((name, Secret(value)))
    return tuple(headers)


def checked_tls(ca_bundle: Path | None = None, client_cert: Path | None = None) -> ssl.SSLContext:
    """How a secure connection is made with these files, and with the authorities of SSL_CERT_FILE or certifi."""
    what, content = f"SSL_CERT_FILE {os.environ.get('SSL_CERT_FILE')}", "certificates"
    try:
        context = httpx.create_ssl_context()
        if ca_bundle is not None:
            what = f"--ca-bundle {ca_bundle}"
            context.load_verify_locations(ca_bundle)
        if client_cert is not None:
            what, content = f"--client-cert {client_cert}", "a certificate and its key, which has no password"
            # If no password is given here, the library asks the terminal for the password of an encrypted key.
            context.load_cert_chain(client_cert, password="")
    except ssl.SSLError:
        raise WrongCall(f"{what} is not a PEM file with {content}") from None
    except OSError as error:
        raise WrongCall(f"{what} cannot be read: {error.strerror}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
