"""What of a run goes through pytest's hooks: options, markers, which tests, and what ends a run."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Generator
from typing import NoReturn

import pytest

from contracts import fuzz, stash
from contracts.attempt import Attempt
from contracts.errors import NoVerdict, WrongCall
from contracts.fuzz.generation import PROFILES, register_profiles
from contracts.http.credential import Secret
from contracts.http.retries import heed_signals
from contracts.options import OPTIONS, options_from
from contracts.report.result import NO_VERDICT, OUT_OF_TIME, WRONG_CALL, Results
from contracts.rules.document import STATUSES, Document
from contracts.workers import Workers, is_worker, upcoming_payloads, worker_input

# Why it is over is told once, with the verdict.
_OVER = "the run is over: the verdict says why"
# What was found by a test that was cut short.
UNFINISHED = pytest.StashKey[list[Attempt]]()

register_profiles()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the contract of update-customer (with --base-url; without it, the mock)")
    for option in OPTIONS:
        if option.default is False:
            group.addoption(option.flag, action="store_true", help=option.help)
        else:
            group.addoption(
                option.flag,
                action="append" if option.repeatable else "store",
                type=option.type,
                default=option.default,
                metavar=option.metavar,
                help=f"{option.help} (default: {option.default})" if option.default is not None else option.help,
            )


def pytest_configure(config: pytest.Config) -> None:
    profile = config.getoption("hypothesis_profile")
    if profile not in (None, *PROFILES):
        raise pytest.UsageError(f"unknown profile {profile!r}: give one of {', '.join(PROFILES)}")
    for status in STATUSES:
        config.addinivalue_line("markers", f"status_{status}: promises about the status {status}")
    config.addinivalue_line("markers", "fuzz: generated requests")
    config.addinivalue_line("markers", "member(name): about a request member that not every release has")
    variables = {name: Secret(value) for name, value in os.environ.items()}
    chosen = {option.name: config.getoption(option.name) for option in OPTIONS} | {"hypothesis_profile": profile}
    seed = worker_input(config, "contract_seed", _number(config.getoption("hypothesis_seed")))
    workers = worker_input(config, "workercount", config.getoption("numprocesses", None) or 1)
    given, variable = config.getoption("base_url"), variables.get("KAITEN_BASE_URL")
    # A variable that a CI does not have is an empty text there: it must not mean the mock.
    base_url = given if given is not None else variable
    try:
        options = options_from(chosen, base_url, seed, variables, workers)
    except WrongCall as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[stash.OPTIONS] = options
    # By the clock of the machine: its processes have begun at different times.
    ends = time.time() + chosen["max_time"] if chosen["max_time"] else float("inf")
    config.stash[stash.ENDS] = worker_input(config, "contract_ends", ends)
    # Before the tests are imported: they are written with the pinned document, and with the rounds that were asked for.
    fuzz.pin(options.document, options.generation)
    results = config.stash[stash.RESULTS] = Results(
        options.target.base_url, options.document.name, str(options.generation.seed), options.evidence
    )
    if config.getoption("numprocesses", None):
        workers_of = Workers(options.generation.seed, config.stash[stash.ENDS], results)
        config.pluginmanager.register(workers_of, stash.WORKERS)
    heed_signals()


def _number(seed: str | int | None) -> int | None:
    # Hypothesis takes any word for a seed.
    if seed is None or isinstance(seed, int):
        return seed
    return int(seed) if seed.isdecimal() else int.from_bytes(seed.encode())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    document = config.stash[stash.OPTIONS].document
    others = [item for item in items if not _is_of(document, item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _is_of(document, item)]


def _is_of(document: Document, item: pytest.Item) -> bool:
    """Whether a test is about what this release has."""
    marker = item.get_closest_marker("member")
    return marker is None or marker.args[0] in document.request_members


def pytest_collection_finish() -> None:
    # What is there by now stays: the collections after each round of generated requests need not look at it.
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _stopping(item, _tried(item)))


def _tried(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test; what a generated one found is tried again alone, and raised once."""
    api = item.config.stash.get(stash.API, None)
    if api is None:
        return (yield)
    api.begin(item.nodeid, upcoming_payloads(item.session, item))
    try:
        came = yield
    # A failure that Hypothesis does not see again is a group, and so are several different ones.
    except (AssertionError, ExceptionGroup):
        if found := api.conclude():
            raise found from None
        raise
    except (NoVerdict, WrongCall, KeyboardInterrupt):
        _keep_unfinished(item)
        raise
    if found := api.conclude():
        raise found
    if api.judged_by:
        item.user_properties.append(("judged by", api.judged_by))
    return came


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _stopping(item, _passed()))


def _keep_unfinished(item: pytest.Item) -> None:
    """What a run has found that is cut short goes with the report of the test that was running."""
    if attempts := item.config.stash[stash.API].unfinished():
        item.stash[UNFINISHED] = attempts


def _passed() -> Generator[None, object, object]:
    return (yield)


def _stopping(item: pytest.Item, inner: Generator[None, object, object]) -> Generator[None, object, object]:
    """End the whole run on what is no test's fault."""
    config = item.config
    if time.time() > config.stash[stash.ENDS]:
        over = f"{OUT_OF_TIME} {config.getoption('max_time'):g} s was over"
        if stash.RUN not in config.stash:
            config.stash.setdefault(stash.STOPPED, (f"{over} before the first test", NO_VERDICT))
        pytest.skip(over)
    if stash.STOPPED in config.stash:
        pytest.skip(_OVER)
    try:
        return (yield from inner)
    except NoVerdict as reason:
        _stop(item, str(reason), NO_VERDICT)
    except WrongCall as reason:
        # What was right in the beginning of a run and is wrong now is the target's doing.
        begun = stash.RUN in config.stash and config.stash[stash.RUN].opened
        _stop(item, f"in the middle of the run {reason}" if begun else str(reason), NO_VERDICT if begun else WRONG_CALL)


def _stop(item: pytest.Item, reason: str, code: int) -> NoReturn:
    item.config.stash[stash.STOPPED] = (reason, code)
    # A worker goes through the rest, and skips it: whoever gave it out takes a worker that ends for one that crashed.
    if not is_worker(item.config):
        del item.session.items[item.session.items.index(item) + 1 :]
    pytest.skip(_OVER)
