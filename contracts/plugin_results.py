"""What of a result goes through pytest's hooks: its exit code, its files, the summary and the page."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from contracts import ci, page, report, stash
from contracts.api import BrokenPromise
from contracts.credential import concealed
from contracts.progress import counts_of
from contracts.result import NO_VERDICT, Result, nothing, result_of, write
from contracts.run import NO_500
from contracts.workers import Workers, is_worker, send

# The files that a run writes in the end: the option, and the name that pytest has for it.
_FILES = {"--junit-xml": "xmlpath", "--result": "result", "--promises-xml": "promises_xml", "--html": "htmlpath"}


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        for option, name in _FILES.items():
            _check_writable(option, config.getoption(name, None))


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    made = yield
    begun = stash.API in item.config.stash
    broken = list(_broken_promises(call.excinfo.value)) if call.excinfo and begun else []
    if broken:
        made.longrepr = _explained(item, broken)
    elif made.skipped and not hasattr(made, "wasxfail") and _must_be_tried(item.config, made.longrepr[2]):
        made.outcome, made.longrepr = "failed", f"could not be tried (--require-all): {made.longrepr[2]}"
    if made.failed and not isinstance(made.longrepr, str):
        text = str(made.longrepr)
        if (shown := concealed(text, item.config.stash[stash.OPTIONS].target.masked)) != text:
            made.longrepr = shown
    if made.failed and not broken and stash.RUN in item.config.stash:
        item.config.stash[stash.RUN].record.otherwise.append(item.nodeid)
    made.again = made.failed and item.stash.get(stash.AGAIN, False)
    if is_worker(item.config) and stash.RUN in item.config.stash:
        made.counts = counts_of(item.config.stash[stash.RUN].record)
    return made


def _must_be_tried(config: pytest.Config, reason: str) -> bool:
    # Nobody can provoke a 500 on a live target: it is tried on the mock, and looked for elsewhere.
    exempt = NO_500 in reason or stash.STOPPED in config.stash
    return config.stash[stash.OPTIONS].require_all and not exempt


def _broken_promises(error: BaseException) -> Iterator[BrokenPromise]:
    """The broken promises of what a test raised: itself, or each of a group."""
    if isinstance(error, BrokenPromise):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _broken_promises(one)


def _explained(item: pytest.Item, broken: Sequence[BrokenPromise]) -> str:
    """Promise, expected, came, curl and replay of what a test found; it goes into the record, with its evidence."""
    run, api = item.config.stash[stash.RUN], item.config.stash[stash.API]
    outcomes = [outcome for error in broken for outcome in error.outcomes]
    found = [run.keep(outcome, outcome.violations, item.nodeid) for outcome in outcomes]
    item.stash[stash.AGAIN] = all(map(report.is_known, found))
    for outcome in outcomes:
        api.explained(outcome.violations)
    return report.explain_each(zip(outcomes, found, strict=True), run, broken[0].why)


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """What another test explained is counted by itself, and not explained again."""
    return ("failed again", "F", "FAILED") if report.failed and getattr(report, "again", False) else None


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    """Whatever was run is taken down, and its result goes to whoever waits for it."""
    run = session.config.stash.get(stash.RUN, None)
    try:
        yield
    except OSError as error:
        # What other plugins write in the end, like --junit-xml, changes no verdict.
        session.config.get_terminal_writer().line(f"\nwarning: not everything could be written: {error}")
    finally:
        # Where the end of their fixtures was cut short.
        if run and not run.closed:
            if stash.API in session.config.stash:
                session.config.stash[stash.API].close()
            run.close()
    _conclude(session, exitstatus)


def _conclude(session: pytest.Session, exitstatus: int) -> None:
    result = _result(session.config)
    if result is None or send(session.config, result):
        return
    if stash.RUN in session.config.stash or is_shared_out(session.config):
        session.config.stash[stash.RESULT] = result
    changed = result.stopped and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if changed or (exitstatus == pytest.ExitCode.OK and result.code == NO_VERDICT):
        session.exitstatus = result.code
    for option, written in {"result": write, "promises_xml": ci.write_junit}.items():
        path = session.config.getoption(option)
        if path:
            written(result, path.expanduser())


def is_shared_out(config: pytest.Config) -> bool:
    """Whether other processes run the tests."""
    return config.pluginmanager.has_plugin(stash.WORKERS)


def _result(config: pytest.Config) -> Result | None:
    shared_out: Workers | None = config.pluginmanager.get_plugin(stash.WORKERS)
    if shared_out:
        return shared_out.joined()
    run, stopped = config.stash.get(stash.RUN, None), config.stash.get(stash.STOPPED, ())
    tests, seconds = config.stash[stash.TESTS], time.monotonic() - config.stash[stash.BEGUN]
    if run:
        return result_of(run, tests, seconds, *stopped)
    return nothing(config.stash[stash.OPTIONS], *stopped) if stopped else None


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
        prefix.append(page.page(result, session.config.stash[stash.OPTIONS].document, folder))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    result = config.stash.get(stash.RESULT, None)
    if result:
        terminalreporter.section("contract")
        for line in [*report.summary(result), *report.deviations(config.stash[stash.OPTIONS].deviations, result)]:
            terminalreporter.line(line)
        for line in ci.tell_github(result):
            terminalreporter.line(line)
