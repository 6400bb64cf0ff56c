"""Wiring: options in, fixtures out. What is decided, is decided in `contracts/`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from contracts import ci, interrupt, page, report
from contracts.catalogue import Catalogue
from contracts.credential import Secret, concealed, with_derived
from contracts.examples import PROFILES
from contracts.judge import Verdict
from contracts.options import OPTIONS, options_from
from contracts.outcome import Outcome
from contracts.payload import Payload, allowed
from contracts.progress import Progress, standard_output
from contracts.record import Record
from contracts.result import NO_VERDICT, Result, nothing, result_of, write
from contracts.run import Options, Run
from contracts.search import Search, register_profiles
from contracts.target import NoVerdict, WrongCall
from contracts.workers import Workers, bundle_of, is_worker, send, unit_of, worker_input

register_profiles()

OPTIONS_KEY = pytest.StashKey[Options]()
RUN_KEY = pytest.StashKey[Run]()
TESTS_KEY = pytest.StashKey[set[str]]()
RESULT_KEY = pytest.StashKey[Result]()
STOPPED = pytest.StashKey[tuple[str, int]]()
BEGUN = pytest.StashKey[float]()
WORKERS = "contract-workers"
AGAIN = pytest.StashKey[bool]()
STATUSES = (204, 400, 401, 403, 404, 422, 500)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the contract of update-customer (with --base-url; without it, the mock)")
    for option in OPTIONS:
        if option.default is False:
            group.addoption(option.flag, action="store_true", help=option.help)
        else:
            group.addoption(
                option.flag,
                type=option.type,
                default=option.default,
                metavar=option.metavar,
                help=f"{option.help} (default: {option.default})" if option.default is not None else option.help,
            )


def pytest_configure(config: pytest.Config) -> None:
    profile = config.getoption("hypothesis_profile")
    if profile not in (None, *PROFILES):
        raise pytest.UsageError(f"unknown profile {profile!r}: give one of {', '.join(PROFILES)}")
    if not is_worker(config):
        _check_writable("--junit-xml", config.getoption("xmlpath"))
        _check_writable("--result", config.getoption("result"))
        _check_writable("--promises-xml", config.getoption("promises_xml"))
        _check_writable("--html", config.getoption("htmlpath", None))
    for status in STATUSES:
        config.addinivalue_line("markers", f"status_{status}: promises about the status {status}")
    config.addinivalue_line("markers", "fuzz: generated requests")
    config.addinivalue_line(
        "markers", "stored: promises about what is stored, for which customers have to be read back"
    )
    config.addinivalue_line("markers", "rounds: in as many rounds as the profile says, each with requests of its own")
    config.addinivalue_line("markers", "payloads(*statuses): tried with each payload that exactly these may answer")
    variables = {name: Secret(value) for name, value in os.environ.items()}
    chosen = {option.name: config.getoption(option.name) for option in OPTIONS} | {"hypothesis_profile": profile}
    seed = worker_input(config, "contract_seed", _number(config.getoption("hypothesis_seed")))
    workers = worker_input(config, "workercount", 1)
    try:
        options = options_from(chosen, config.getoption("base_url"), seed, variables, workers)
    except WrongCall as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[OPTIONS_KEY] = options
    config.stash[TESTS_KEY] = set()
    config.stash[BEGUN] = time.monotonic()
    if config.getoption("numprocesses", None):
        config.pluginmanager.register(Workers(options), WORKERS)
    elif not is_worker(config) and config.get_verbosity() >= 0:
        config.pluginmanager.register(Progress(standard_output(), lambda: _record(config)))
    interrupt.heed()


def _record(config: pytest.Config) -> Record | None:
    return config.stash[RUN_KEY].record if RUN_KEY in config.stash else None


def _check_writable(option: str, path: str | Path | None) -> None:
    """Find out before the run, and not after it, that a file of its results cannot be written."""
    if path is None:
        return
    try:
        file = Path(path).expanduser()
        file.parent.mkdir(parents=True, exist_ok=True)
        # What an earlier run left there says nothing of this one.
        file.open("w").close()
    except OSError as error:
        raise pytest.UsageError(f"{option} cannot be written: {error}") from None


def _number(seed: str | int | None) -> int | None:
    # Hypothesis takes any word for a seed.
    if seed is None or isinstance(seed, int):
        return seed
    return int(seed) if seed.isdecimal() else int.from_bytes(seed.encode())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("rounds"):
        rounds = range(metafunc.config.stash[OPTIONS_KEY].generation.rounds)
        metafunc.parametrize("search", rounds, indirect=True, ids=[f"round-{number + 1}" for number in rounds])
    marker = metafunc.definition.get_closest_marker("payloads")
    if marker is None:
        return
    document = metafunc.config.stash[OPTIONS_KEY].document
    wanted: Callable[[frozenset[int]], bool] = (
        (lambda statuses: statuses == set(marker.args)) if marker.args else (lambda statuses: len(statuses) > 1)
    )
    chosen = [payload for payload, statuses in allowed(document).items() if wanted(statuses)]
    metafunc.parametrize("payload", chosen, ids=[payload.id for payload in chosen])


def pytest_itemcollected(item: pytest.Item) -> None:
    if "readable" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.stored)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    units = [unit_of(item) for item in items]
    share = config.stash[OPTIONS_KEY].shard.share(units)
    others = [item for item, unit in zip(items, units, strict=True) if unit not in share]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item, unit in zip(items, units, strict=True) if unit in share]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    item.config.stash[TESTS_KEY].add(item.nodeid)
    return (yield from _stopping(item.config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _stopping(item.config))


def _stopping(config: pytest.Config) -> Generator[None, object, object]:
    """End the whole run, with its exit code, on what is no test's fault."""
    begun = RUN_KEY in config.stash
    if STOPPED in config.stash:
        pytest.skip(config.stash[STOPPED][0])
    try:
        return (yield)
    except NoVerdict as reason:
        _stop(config, str(reason), NO_VERDICT)
    except WrongCall as reason:
        # What was right in the beginning of a run and is wrong now is the target's doing.
        if begun:
            _stop(config, f"in the middle of the run {reason}", NO_VERDICT)
        _stop(config, str(reason), pytest.ExitCode.USAGE_ERROR)


def _stop(config: pytest.Config, reason: str, code: int) -> NoReturn:
    config.stash[STOPPED] = (reason, code)
    reason = f"{'no verdict' if code == NO_VERDICT else 'the call is wrong'}: {reason}"
    if is_worker(config):
        # Whoever gave out the work takes a worker that ends for one that crashed.
        pytest.skip(reason)
    pytest.exit(reason, returncode=code)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    made = yield
    if made.failed and not isinstance(made.longrepr, str):
        tokens = with_derived(item.config.stash[OPTIONS_KEY].target.tokens)
        text = str(made.longrepr)
        if (shown := concealed(text, tokens)) != text:
            made.longrepr = shown
    made.again = made.failed and item.stash.get(AGAIN, False)
    return made


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """What another test explained is counted by itself, and not explained again."""
    return ("failed again", "F", "FAILED") if report.failed and getattr(report, "again", False) else None


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Whatever was run is taken down, and its result goes to whoever waits for it."""
    run = session.config.stash.get(RUN_KEY, None)
    try:
        yield
    except OSError as error:
        # What other plugins write in the end, like --junit-xml, changes no verdict.
        session.config.get_terminal_writer().line(f"\nwarning: not everything could be written: {error}")
    finally:
        # Where the end of its fixture was cut short.
        if run and not run.closed:
            run.close()
    _conclude(session, exitstatus)


def _conclude(session: pytest.Session, exitstatus: int) -> None:
    result = _result(session.config)
    if result is None or send(session.config, result):
        return
    if RUN_KEY in session.config.stash or is_shared_out(session.config):
        session.config.stash[RESULT_KEY] = result
    changed = result.stopped and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if changed or (exitstatus == pytest.ExitCode.OK and result.code == NO_VERDICT):
        session.exitstatus = result.code
    for option, written in {"result": write, "promises_xml": ci.write_junit}.items():
        path = session.config.getoption(option)
        if path:
            written(result, path)


def is_shared_out(config: pytest.Config) -> bool:
    """Whether other processes run the tests."""
    return config.pluginmanager.has_plugin(WORKERS)


def _result(config: pytest.Config) -> Result | None:
    if is_shared_out(config):
        return config.pluginmanager.get_plugin(WORKERS).result
    run, stopped = config.stash.get(RUN_KEY, None), config.stash.get(STOPPED, ())
    if run:
        return result_of(run, config.stash[TESTS_KEY], time.monotonic() - config.stash[BEGUN], *stopped)
    return nothing(config.stash[OPTIONS_KEY], *stopped) if stopped else None


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """What a CI's variables hold, addresses with tokens in them for one, is nobody's who reads the page."""
    for name in set(metadata) - {"Python", "Platform", "Packages"}:
        del metadata[name]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    result = _result(session.config)
    if result:
        folder = Path(session.config.getoption("htmlpath")).expanduser().parent
        prefix.append(page.page(result, session.config.stash[OPTIONS_KEY].document, folder))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    result = config.stash.get(RESULT_KEY, None)
    if result:
        terminalreporter.section("contract")
        for line in [*report.summary(result), *report.deviations(config.stash[OPTIONS_KEY].deviations, result)]:
            terminalreporter.line(line)
        for line in ci.tell_github(result):
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The run against the target of the options."""
    run = Run(request.config.stash[OPTIONS_KEY])
    request.config.stash[RUN_KEY] = run
    yield run
    run.close()


@pytest.fixture(scope="session")
def catalogue(request: pytest.FixtureRequest, run: Run) -> Catalogue:
    """The payloads of all selected tests."""
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    selected = [param["payload"] for param in params if "payload" in param]
    return Catalogue(run, selected, bundle_of(request.config))


@pytest.fixture
def not_tried(run: Run) -> Callable[..., NoReturn]:
    """Give up on promises that cannot be tried here, for a reason."""

    def give_up(reason: str, *rules: str) -> NoReturn:
        run.record.not_tried(rules, reason)
        if run.options.require_all:
            pytest.fail(f"could not be tried (--require-all): {reason}", pytrace=False)
        pytest.skip(reason)

    return give_up


@pytest.fixture
def tried(run: Run, catalogue: Catalogue, not_tried: Callable[..., NoReturn]) -> Callable[[Payload], Outcome]:
    """The outcome of a payload."""

    def outcome(payload: Payload) -> Outcome:
        reason = run.untriable(payload)
        if reason:
            not_tried(reason, "status.scope")
        return catalogue.outcome(payload)

    return outcome


@pytest.fixture
def kept(run: Run, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Fail with an explanation unless the verdict, or the outcome's own, found nothing."""
    accept = run.options.deviations.accept

    def check(outcome: Outcome, verdict: Verdict | None = None, why: str = "") -> None:
        found = verdict.violations if verdict else outcome.violations
        violations = [one for one in found if not accept(one, outcome.exchange.status, request.node.nodeid)]
        if violations:
            broken = run.keep(outcome, violations, request.node.nodeid)
            request.node.stash[AGAIN] = report.is_known(broken)
            pytest.fail(report.explain(outcome, broken, run, why), pytrace=False)
        if found:
            pytest.xfail("an accepted deviation")

    return check


@pytest.fixture
def all_kept(run: Run, request: pytest.FixtureRequest) -> Callable[[Sequence[Outcome]], None]:
    """Fail with an explanation of each outcome that broke something."""

    def check(outcomes: Sequence[Outcome]) -> None:
        left = [run.options.deviations.left_of(outcome, request.node.nodeid) for outcome in outcomes]
        failed = [outcome for outcome in left if outcome.violations]
        broken = [run.keep(outcome, outcome.violations, request.node.nodeid) for outcome in failed]
        request.node.stash[AGAIN] = all(map(report.is_known, broken))
        explained = [report.explain(outcome, found, run) for outcome, found in zip(failed, broken, strict=True)]
        if explained:
            pytest.fail("\n\n".join(explained), pytrace=False)

    return check


@pytest.fixture
def search(run: Run, request: pytest.FixtureRequest) -> Search:
    """A search for counterexamples, of the test that asks."""
    name = f"{request.node.parent.nodeid}::{request.node.originalname}"
    return Search(run.trials, name, getattr(request, "param", 0), run.options.generation, run.options.deviations)
