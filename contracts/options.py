"""The options of a run: their names, defaults and help texts, and how `run.Options` is made from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.customers.journal import DEFAULT_FOLDER
from contracts.errors import WrongCall
from contracts.http.credential import READ_TOKEN, WRITE_TOKEN, Secret
from contracts.http.target import (
    MOCK_URL,
    Limits,
    Target,
    checked_customer,
    checked_headers,
    checked_tls,
    checked_tokens,
    checked_url,
)

if TYPE_CHECKING:
    from contracts.run import Options


@dataclass(frozen=True)
class Option:
    """One option of a command line, for pytest and for click."""

    flag: str
    help: str
    default: Any = None
    type: Callable[[str], Any] | None = None
    metavar: str | None = None
    repeatable: bool = False

    @property
    def name(self) -> str:
        return self.flag.lstrip("-").replace("-", "_")


_HEADER = (
    "header to send with every request, for a gateway in front of the target (NAME alone: the value of the first is "
    "in KAITEN_HEADER_1)"
)
# What is needed to reach a target behind a gateway, a private authority or a proxy.
REACHING = (
    Option("--header", _HEADER, None, Secret, "NAME=VALUE", repeatable=True),
    Option("--ca-bundle", "PEM file of certificate authorities to trust, besides the usual ones", None, Path, "FILE"),
    Option("--client-cert", "PEM file with a client certificate and its key", None, Path, "FILE"),
    Option("--proxy-from-env", "use the proxies that the environment names", False),
)
# The options of every command that sends something.
TARGETING = (
    Option("--customer", "use this customer if none can be made, and restore it afterwards", None, str, "SLUG"),
    Option("--customers", "how many customers may exist at once, where a plan limits them", None, int, "N"),
    Option("--time-limit", "seconds that one whole exchange may take", Limits.time, float, "S"),
    Option("--size-limit", "bytes that one whole answer may have", Limits.size, int, "BYTES"),
    Option("--rate-limit", "how many requests a second may be sent", Limits.rate, float, "N"),
    Option("--concurrency", "how many requests may be sent at once", Limits.concurrency, int, "N"),
    Option("--patience", "seconds, in all, to wait for a target that does not answer", Limits.patience, float, "S"),
    Option("--settle", "seconds that a read may lag behind a write", Limits.settle, float, "S"),
    Option(
        "--interruption", "more statuses that a gateway answers instead of the API, like 530,599", None, str, "STATUS,…"
    ),
    Option("--journal", "folder that remembers which customers exist", DEFAULT_FOLDER, Path, "DIR"),
    *REACHING,
    Option("--allow-production", "allow a base URL that looks like production", False),
    Option("--allow-plain-http", "allow plain http to another machine", False),
)
OPTIONS = (
    Option("--contract", "release to hold the target to: docs, v1 or a file", "docs", str, "NAME"),
    Option("--require-all", "fail tests that could not be tried, instead of skipping them", False),
    Option("--evidence", "folder for the HAR files of what broke the contract", Path("evidence"), Path, "DIR"),
    Option("--example-database", "Redis that shares failing requests between machines", None, str, "redis://…"),
    Option("--deviations", "TOML file of accepted deviations", None, Path, "FILE"),
    Option("--cases", "requests of each generated test, instead of the profile's number", None, int, "N"),
    Option("--max-time", "seconds for the whole run; tests that are left then are skipped", None, float, "S"),
    Option("--result", "write the result of the run to this file, as JSON", None, Path, "FILE"),
    Option("--promises-xml", "write a JUnit file with one case for each promise", None, Path, "FILE"),
    *TARGETING,
)


# The numbers among `TARGETING`: those that must be more than 0, and those that may be 0.
_MORE_THAN_0 = ("time_limit", "size_limit", "rate_limit", "concurrency", "customers")
_NOT_LESS = ("patience", "settle")


def passed_on(chosen: Mapping[str, Any]) -> list[str]:
    """The options of `TARGETING` that differ from their defaults, as arguments for another process.

    A header is passed by its name alone, since everybody on the machine can see arguments. Its value is in a variable.
    """
    arguments: list[str] = []
    for option in TARGETING:
        value = chosen[option.name]
        if option.repeatable:
            arguments += [word for header in value or () for word in (option.flag, header.partition("=")[0])]
        elif value != option.default:
            arguments += [option.flag] if value is True else [option.flag, str(value)]
    return arguments


def options_from(
    chosen: Mapping[str, Any], base_url: str | None, seed: int | None, environment: Mapping[str, str], workers: int = 1
) -> Options:
    """The options of a run, checked. `chosen` has the contract and a value for each of `TARGETING`, by name.

    Limits on the rate, on requests at once and on customers at once hold for all workers together: each gets its share.
    Raises WrongCall if an option cannot be used, or `payloads.yaml` cannot.
    """
    # These are imported here, because help and completion need none of them.
    from contracts.evidence.deviation import load_deviations
    from contracts.fuzz.generation import generation
    from contracts.fuzz.payloads import pairs, payloads
    from contracts.rules.document import load
    from contracts.run import Options

    for name in (*_MORE_THAN_0, "cases", "max_time"):
        if chosen.get(name) is not None and not chosen[name] > 0:
            raise WrongCall(f"--{name.replace('_', '-')} must be more than 0")
    for name in _NOT_LESS:
        if not chosen[name] >= 0:
            raise WrongCall(f"--{name} must be 0 or more")
    if base_url == "":
        raise WrongCall("the base URL is empty: set --base-url or KAITEN_BASE_URL, or unset both to use the mock")
    if chosen["customer"] and workers > 1:
        raise WrongCall(f"--customer is one customer, and {workers} processes would disturb each other: leave out -n")
    payloads()
    pairs()
    rate, customers = chosen["rate_limit"], chosen["customers"]
    shares = {"concurrency": -(-chosen["concurrency"] // workers), "rate_limit": rate and rate / workers}
    shares["customers"] = customers and customers // workers
    if customers and not shares["customers"]:
        raise WrongCall(f"--customers {customers} is too few for {workers} processes: each needs one")
    return Options(
        target_from({**chosen, **shares}, base_url, environment),
        load(chosen["contract"]),
        Path(chosen["journal"]),
        bool(chosen.get("require_all")),
        generation(seed, chosen.get("hypothesis_profile"), chosen.get("cases"), chosen.get("example_database")),
        chosen.get("evidence"),
        load_deviations(chosen.get("deviations")),
    )


def target_from(chosen: Mapping[str, Any], base_url: str | None, environment: Mapping[str, str]) -> Target:
    """The target: the mock in process if no base URL is given."""
    further = chosen["interruption"]
    if further and not re.fullmatch(r"\s*[1-5]\d\d\s*(,\s*[1-5]\d\d\s*)*", further, re.ASCII):
        raise WrongCall(f"--interruption must be statuses with commas between them, like 530,599; it is {further!r}")
    numbers = {name.removesuffix("_limit"): chosen[name] for name in (*_MORE_THAN_0, *_NOT_LESS)}
    limits = Limits(**numbers, interruptions=frozenset(map(int, further.split(",") if further else ())))
    reached = how_reached(chosen, environment)
    if base_url is None:
        from contracts.vendor.model import MOCK_TOKENS

        return Target(MOCK_URL, dict(zip((WRITE_TOKEN, READ_TOKEN), MOCK_TOKENS, strict=True)), limits)
    url = checked_url(base_url, **{name: chosen[name] for name in ("allow_production", "allow_plain_http")})
    tokens = checked_tokens(environment.get("KAITEN_AUTH_TOKEN"), environment.get("KAITEN_READ_TOKEN"))
    return Target(url, tokens, limits, checked_customer(chosen["customer"]), **reached)


def how_reached(chosen: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a target that `REACHING` sets."""
    files = (chosen["ca_bundle"], chosen["client_cert"])
    return {
        "proxy_from_env": chosen["proxy_from_env"],
        "headers": checked_headers(chosen["header"] or (), environment),
        "tls": checked_tls(*files) if any(files) else None,
    }
