"""What of a result goes through pytest's hooks: the reports that it is made of, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts import stash
from contracts.api import BrokenPromise
from contracts.attempt import Attempt
from contracts.customers.journal import leftovers
from contracts.evidence.evidence import Source
from contracts.http.credential import concealed
from contracts.plugin import UNFINISHED
from contracts.record import Record
from contracts.report import github, junit, page, result, terminal
from contracts.report.finding import Finding, Sighting, sighting_of, sightings
from contracts.report.result import GREEN, INTERRUPTED, OUT_OF_TIME, Result, Results
from contracts.run import NO_500, Run
from contracts.workers import is_worker, payload_of

# The files that a run writes in the end: the option, and the name that pytest has for it.
_FILES = {"--junit-xml": "xmlpath", "--result": "result", "--promises-xml": "promises_xml", "--html": "htmlpath"}
# The exit codes of pytest that say something of the tests; the others are of pytest itself.
_OF_TESTS = frozenset({pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED})
# What this process has sent of each finding: the best that shows it.
_SENT = pytest.StashKey[dict[tuple[str, str, str], Sighting]]()
# Whether the end of the session was seen to.
_FINISHED = pytest.StashKey[bool]()
# Whether all tests of the contract were selected.
_SELECTED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    if not is_worker(config):
        config.pluginmanager.register(Collecting(config))
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


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note that not all tests were selected: what the others would have tried is nobody's question."""
    for item in items:
        # What is about a member that this release does not have is left out of every run.
        if item.get_closest_marker("member") is None:
            item.config.stash[_SELECTED] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Give the report what the test saw broken, as plain data: it goes from process to process."""
    made = yield
    config, run = item.config, item.config.stash.get(stash.RUN, None)
    broken = list(_broken_promises(call.excinfo.value)) if call.excinfo and run else []
    cut_short = item.stash.get(UNFINISHED, []) if made.when == "call" else []
    found = [*((error.attempts, error.why) for error in broken), *(((attempt,), "") for attempt in cut_short)]
    made.broken = [one for attempts, why in found for one in _seen(item, run, attempts, why)] if run else []
    for error in broken:
        config.stash[stash.API].explained(one for attempt in error.attempts for one in attempt.violations)
    made.required = ""
    if made.skipped and not hasattr(made, "wasxfail") and _must_be_tried(config, made.longrepr[2]):
        made.required = made.longrepr[2].removeprefix("Skipped: ")
        # What there was no time for is told once, and not test by test.
        if not made.required.startswith(OUT_OF_TIME):
            made.outcome, made.longrepr = "failed", f"could not be tried (--require-all): {made.required}"
    if made.failed and not isinstance(made.longrepr, str):
        text = str(made.longrepr)
        if (shown := concealed(text, config.stash[stash.OPTIONS].target.masked)) != text:
            made.longrepr = shown
    made.of_the_contract = run is not None
    return made


def _must_be_tried(config: pytest.Config, reason: str) -> bool:
    # Nobody can provoke a 500 on a live target: it is tried on the mock, and looked for elsewhere.
    exempt = NO_500 in reason or stash.STOPPED in config.stash or stash.RUN not in config.stash
    return config.stash[stash.OPTIONS].require_all and not exempt


def _broken_promises(error: BaseException) -> Iterator[BrokenPromise]:
    """The broken promises of what a test raised: itself, or each of a group."""
    if isinstance(error, BrokenPromise):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _broken_promises(one)


def _seen(item: pytest.Item, run: Run, attempts: Iterable[Attempt], why: str) -> list[list[dict[str, Any]]]:
    """What the attempts of a test broke, as plain data; evidence goes with what shows a finding better than before."""
    payload, options = payload_of(item), run.options
    source = Source(options.document.name, options.target.base_url, options.generation.seed, item.nodeid)
    sent = item.config.stash.setdefault(_SENT, {})
    told = []
    for attempt in attempts:
        seen = []
        for one in sightings(attempt, options.document, source, payload.family if payload else "", why):
            better = one.key not in sent or one.rank < sent[one.key].rank
            if better:
                sent[one.key] = one
            seen.append(one.plain() | ({} if better else {"har": ""}))
        told.append(seen)
    return told


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """What another test explained is not explained again."""
    return ("failed again", "F", "FAILED") if report.failed and getattr(report, "again", False) else None


class Collecting:
    """The plugin of the process that the user started: it makes the one result, of each report before others see it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @property
    def _results(self) -> Results:
        return self._config.stash[stash.RESULTS]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take what the report carries; its failure is explained with the file that keeps it."""
        if not hasattr(report, "broken"):
            # It stands for a worker that crashed.
            return
        self._results.begun = self._results.begun or report.of_the_contract
        seen = [[sighting_of(one) for one in of_one] for of_one in report.broken]
        if report.when == "call" or report.failed or report.required:
            judged = any(name == "judged by" for name, _ in report.user_properties) and report.when == "call"
            failed = report.failed and not seen
            self._results.add_test(report.nodeid, failed=failed, required=report.required, not_literal=judged)
        if report.skipped and not hasattr(report, "wasxfail"):
            self._results.skipped[report.longrepr[2].removeprefix("Skipped: ")] += 1
        if not seen:
            return
        explained = self._explained(report, seen)
        report.again = all(known for failure in explained for _, _, known in failure)

    def _explained(self, report: Any, seen: list[list[Sighting]]) -> list[list[tuple[Sighting, Finding, bool]]]:
        failures = [
            [(one, *entered) for one, entered in zip(of_one, self._results.add(report.nodeid, of_one), strict=True)]
            for of_one in seen
        ]
        if report.failed:
            url = self._config.stash[stash.OPTIONS].target.base_url
            report.longrepr = terminal.explanation(failures, url, self._results.no_evidence)
        return failures

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """What other plugins write in the end, like --junit-xml, changes no verdict."""
        try:
            yield
        except OSError as error:
            self._results.warnings.append(f"not everything could be written: {error}")
            # Whoever failed may have come before us.
            _finish(session, exitstatus)
            if stash.RESULT in self._config.stash:
                self._config.stash[stash.RESULT] = self._results.result()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that the run was ended by hand. What pytest itself raises, for -x, is a kind of that."""
        self._results.by_hand = self._results.by_hand or excinfo.type is KeyboardInterrupt


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Take down what ran in this process; what it did goes to whoever collects it. Others draw from that later."""
    _finish(session, exitstatus)


def _finish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if config.stash.get(_FINISHED, False):
        return
    config.stash[_FINISHED] = True
    failed = _taken_down(config)
    part = _part(config)
    if part and failed:
        part["warnings"].append(failed)
    if is_worker(config):
        config.workeroutput.update({"contract": part} if part else {})  # type: ignore[attr-defined]  # xdist's own
        return
    if part:
        config.stash[stash.RESULTS].add_part(part)
    _conclude(session, exitstatus)


def _taken_down(config: pytest.Config) -> str:
    """Take down what ran, where the end of its fixtures was cut short; what could not be written."""
    run = config.stash.get(stash.RUN, None)
    try:
        if run and not run.closed:
            run.close()
    except OSError as error:
        return f"not everything could be written: {error}"
    return ""


def _part(config: pytest.Config) -> dict[str, Any]:
    """What this process did; nothing where it had no part in the contract."""
    run, stopped = config.stash.get(stash.RUN, None), config.stash.get(stash.STOPPED, None)
    if not run and not stopped:
        return {}
    done = run.part() if run else Record().part() | {"interruptions": 0, "left": [], "accepted": {}, "warnings": []}
    return done | {"stopped": stopped, "selected": config.stash.get(_SELECTED, True)}


def _conclude(session: pytest.Session, exitstatus: int) -> None:
    config, results = session.config, session.config.stash[stash.RESULTS]
    if not (results.any_part or results.begun or results.stopped or results.by_hand):
        # No test of the contract ran, so there is no result.
        return
    if results.by_hand and config.pluginmanager.has_plugin(stash.WORKERS):
        # The workers had no time to say what they left behind; their journals did.
        options = config.stash[stash.OPTIONS]
        listed = [one for one in leftovers(options.journal) if one.base_url == options.target.base_url]
        results.left += [slug for one in listed for slug in one.slugs]
        results.warnings.append("the workers were stopped before they could tell what they had sent")
    results.note_rates()
    made = config.stash[stash.RESULT] = results.result()
    if exitstatus in _OF_TESTS:
        session.exitstatus = made.code
    for option, write in {"result": result.write, "promises_xml": junit.write}.items():
        if path := config.getoption(option):
            write(made, path.expanduser())


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """What a CI's variables hold, addresses with tokens in them for one, is nobody's who reads the page."""
    for name in set(metadata) - {"Python", "Platform", "Packages"}:
        del metadata[name]


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str], session: pytest.Session) -> None:
    made = session.config.stash.get(stash.RESULT, None)
    if made:
        folder = Path(session.config.getoption("htmlpath")).expanduser().parent
        prefix.append(page.page(made, folder))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    # All of them failed, whoever explained them.
    again = terminalreporter.stats.pop("failed again", [])
    if again:
        terminalreporter.stats.setdefault("failed", []).extend(again)
    made = config.stash.get(stash.RESULT, None)
    if made is None:
        return
    terminalreporter.section("contract")
    for line in [*terminal.summary(made), *terminal.deviations(config.stash[stash.OPTIONS].deviations, made)]:
        terminalreporter.line(line)
    for line in github.told(made):
        terminalreporter.line(line)
    terminalreporter.line(terminal.last_line(made), **_colour(made), bold=True)


def _colour(made: Result) -> dict[str, bool]:
    return {{GREEN: "green", INTERRUPTED: "yellow"}.get(made.code, "red"): True}
