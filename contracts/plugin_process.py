"""The contract in one process of pytest: its fixtures, its run, and the data that its reports carry."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from inspect import signature
from typing import Any

import pytest

from contracts.api import Api
from contracts.attempt import Attempt, BrokenPromise
from contracts.customers.disposable import Customer
from contracts.errors import NoVerdict, WrongCall
from contracts.evidence.har import Source, evidence_of, to_har
from contracts.fuzz.payloads import Payload
from contracts.http.credential import concealed
from contracts.http.request import curl, for_any_customer
from contracts.http.retries import interrupted
from contracts.http.target import NO_ID
from contracts.report.result import NO_VERDICT, OUT_OF_TIME, WRONG_CALL, Finding
from contracts.report.terminal import answer_line, request_line
from contracts.rules.body import read
from contracts.rules.document import STATUSES, Document
from contracts.run import NO_500, Options, Run

# Skipped tests do not repeat the reason: the verdict gives it once.
_OVER = "the run is over: the verdict says why"
# A worker runs at most this many of its next tests ahead. Tests further away may still go to another worker.
_NEAR = 8
# The markers and fixtures of tests that may be run ahead.
_PLAIN_MARKS = frozenset({"parametrize", "member", *(f"status_{status}" for status in STATUSES)})
_FIXTURES = frozenset({"api", "customer", "run", "pytestconfig", "request", "base_url", "_verify_url"})
# The longest curl line that is shown, in characters.
_CURL_SHOWN = 1000


class Process:
    """The plugin of each process in which tests run. `ends` is when the run has to be over, in seconds since the epoch.

    `stopped` is why the run ended early, and the exit code for that. `selected` says whether all tests of the contract
    were selected.
    """

    def __init__(self, config: pytest.Config, options: Options, ends: float) -> None:
        self.options, self.ends = options, ends
        self.run: Run | None = None
        self.api: Api | None = None
        self.stopped: tuple[str, int] | None = None
        # A file or a test that is named is not the whole contract.
        self.selected = not any(argument.endswith(".py") or "::" in argument for argument in config.args)
        # Whether this is one of several processes among which pytest-xdist distributes the tests.
        self._is_worker = hasattr(config, "workerinput")
        # For each finding, the rank of the best evidence that was sent.
        self._sent: dict[tuple[str, str, str], tuple[int, list[int]]] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the tests about members that this release does not have."""
        if left_out := [*filter(self._is_of_another_release, items)]:
            items[:] = [item for item in items if item not in left_out]
            config.hook.pytest_deselected(items=left_out)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note that not all tests of the contract were selected: promises of the others do not count as missing."""
        asked_for = [item for item in items if not self._is_of_another_release(item)]
        self.selected = self.selected and not any("api" in getattr(item, "fixturenames", ()) for item in asked_for)

    def _is_of_another_release(self, item: pytest.Item) -> bool:
        marker = item.get_closest_marker("member")
        return marker is not None and marker.args[0] not in self.options.document.request_members

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        with self._stopping(item):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run a test. What a generated test found is sent again alone, and raised once."""
        with self._stopping(item):
            if self.api is None:
                return (yield)
            place = item.session.items.index(item)
            near = 0 if item.get_closest_marker("alone") else _NEAR if self._is_worker else None
            self.api.begin(item.nodeid)
            upcoming = ((each.nodeid, _runnable_ahead(each)) for each in item.session.items[place + 1 :][:near])
            self.api.run_ahead((test, function) for test, function in upcoming if function)
            try:
                result = yield
            # Hypothesis raises a group for a failure that it does not see again, and for several different failures.
            except (AssertionError, ExceptionGroup):
                if found := self.api.conclude():
                    raise found from None
                raise
            if found := self.api.conclude():
                raise found
            if self.api.judged_by:
                item.user_properties.append(("judged by", self.api.judged_by))
            return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Use the outcome of a test that was run ahead. pytest calls any other test."""
        return (self.api and self.api.was_run_ahead(pyfuncitem.nodeid)) or None

    @contextmanager
    def _stopping(self, item: pytest.Item) -> Iterator[None]:
        """End the whole run when its time is over, or on an error that is not the fault of a test."""
        if interrupted():
            raise KeyboardInterrupt
        if time.time() > self.ends:
            over = f"{OUT_OF_TIME} {item.config.getoption('max_time'):g} s was over"
            if self.run is None:
                self.stopped = self.stopped or (f"{over} before the first test", NO_VERDICT)
            pytest.skip(over)
        if self.stopped:
            pytest.skip(_OVER)
        try:
            yield
        except (NoVerdict, WrongCall) as reason:
            self.stopped = str(reason), WRONG_CALL if isinstance(reason, WrongCall) else NO_VERDICT
            if isinstance(reason, WrongCall) and self.run and self.run.opened:
                # The call was right when the run began, so the target has changed.
                self.stopped = f"in the middle of the run {reason}", NO_VERDICT
            # A worker skips the remaining tests one by one: if it ended here, it would count as crashed.
            if not self._is_worker:
                del item.session.items[item.session.items.index(item) + 1 :]
            pytest.skip(_OVER)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Add what the test saw broken, and what was counted, to the report that the user's own process gets."""
        if call.excinfo and isinstance(call.excinfo.value, BrokenPromise):
            # pytest takes long to write a traceback, and what is written in its place explains the failure.
            call.excinfo.traceback = call.excinfo.traceback[:0]
        report = yield
        broken = [*_broken_promises(call.excinfo.value)] if call.excinfo and self.run else []
        found = [attempt for error in broken for attempt in error.attempts]
        seen, required = [self._seen(item.nodeid, attempt, _parameters(item).get("payload")) for attempt in found], ""
        if self.api:
            self.api.explained(violation for attempt in found for violation in attempt.violations)
        if report.skipped and not hasattr(report, "wasxfail") and self._must_be_tried(report.longrepr[2]):
            required = report.longrepr[2].removeprefix("Skipped: ")
            # Tests left out for lack of time are counted in the summary, and do not fail one by one.
            if not required.startswith(OUT_OF_TIME):
                report.outcome, report.longrepr = "failed", f"could not be tried (--require-all): {required}"
        if report.failed and (text := str(report.longrepr)) != (shown := concealed(text, self.options.target.masked)):
            report.longrepr = shown
        metrics = self.run.metrics.taken() if self.run else None
        report.contract = {"broken": seen, "required": required, "metrics": metrics}
        return report

    def _must_be_tried(self, reason: str) -> bool:
        # Nobody can provoke a 500 on a live target, nor choose what its ids look like.
        nobody_can = any(each in reason for each in (NO_500, NO_ID))
        return bool(self.options.require_all and self.run and not self.stopped and not nobody_can)

    def _seen(self, test: str, attempt: Attempt, payload: Payload | None = None) -> list[dict[str, Any]]:
        """What an attempt broke, as plain data. Evidence is added only where it shows a finding better than before."""
        document, base_url = self.options.document, self.options.target.base_url
        source = Source(document.name, base_url, self.options.generation.seed, test)
        seen = [*findings(attempt, document, source, payload)]
        for finding in seen:
            if finding.key in self._sent and self._sent[finding.key] <= finding.rank:
                finding.har = ""
            else:
                self._sent[finding.key] = finding.rank
        return [*map(vars, seen)]

    def end(self, status: int) -> dict[str, Any]:
        """End the run of this process, if its fixtures did not. Returns what it did, as plain data.

        The data are empty if no test of the contract ran in this process.
        """
        if status == pytest.ExitCode.NO_TESTS_COLLECTED and not self.selected:
            self.stopped = "no test of the contract was selected", NO_VERDICT
        metrics: dict[str, Any] = {}
        if self.run:
            try:
                self.run.close()
            except OSError as error:
                self.run.metrics.add({"warnings": [f"a file could not be written: {error}"]})
            metrics = self.run.part()
        # A failure counts even if its test was never called, or was cut short.
        broken = [self._seen(test, attempt) for test, attempt in self.api.unfinished()] if self.api else []
        ended = {"metrics": metrics, "stopped": self.stopped, "selected": self.selected, "broken": broken}
        return ended if self.run or self.stopped else {}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self._is_worker:
            session.config.workeroutput["contract"] = self.end(exitstatus)  # type: ignore[attr-defined]  # xdist's own


def findings(attempt: Attempt, document: Document, source: Source, payload: Payload | None = None) -> Iterator[Finding]:
    """What an attempt broke: one finding for each promise. `payload` is the one that the test was given, if any."""
    exchange = attempt.exchange
    line = curl(for_any_customer(attempt.template, exchange.request), source.base_url, exchange.headers_in_front)
    if len(line) > _CURL_SHOWN:
        line = f"(a curl line of {len(line)} characters is not shown; the evidence has a request that shows the same)"
    for promise in dict.fromkeys(violation.promise for violation in attempt.violations):
        first, *others = [violation for violation in attempt.violations if violation.promise == promise]
        yield Finding(
            **{name: getattr(first, name) for name in ("promise", "place", "expected", "actual")},
            cause=cause_of(attempt, document, payload),
            layer=str(first.layer),
            request=request_line(exchange),
            answer=answer_line(exchange),
            trace=f"{exchange.trace_id}, for the vendor's own logs" if exchange.trace_id else "",
            curl=line,
            why=payload.why if payload else "",
            size=[*attempt.template.size],
            repeated=attempt.repeated,
            har=to_har(evidence_of(attempt, first, source)),
            also=[*dict.fromkeys(other.place for other in others)],
            tests=[source.test],
            again=int(attempt.repeated is True),
            gone=int(attempt.repeated is False),
        )


def cause_of(attempt: Attempt, document: Document, payload: Payload | None = None) -> str:
    """The circumstance of a request, in words that follow "when".

    It is the circumstance that allows the status that came, or the first one if none allows it. If a body breaks the
    request schema, the words name the member and the keyword. Otherwise they are those of the promise.
    """
    reasons, request = attempt.prediction.reasons, attempt.exchange.request
    reason = next((promise for promise in reasons if attempt.exchange.status in promise.allows), reasons[0])
    values = read(request.body).values if reason.id == "status.schema" else ()
    slug, family = request.slug.decode("utf-8", "replace"), f" (payloads: {payload.family})" if payload else ""
    if values and (broken := next(document.request_mismatches(values[0], slug), None)):
        # If the body is also absurd, like a very deep one, the keyword may not be what matters.
        family = family if attempt.prediction.leaving_open else ""
        keyword = "the release's prose" if broken.keyword == "prose" else broken.keyword
        return f"{'.'.join(map(str, broken.path[:1])) or 'body'} breaks {keyword}{family}"
    words = f"{reason.circumstance}{family}"
    return f"a {words.removeprefix('A ')}" if words.startswith("A ") else words


@cache
def _runnable_ahead(item: pytest.Item) -> Callable[[Api], object] | None:
    """The function of a test that may be run ahead: it takes `api`, and at most `customer` and parameters besides."""
    if not isinstance(item, pytest.Function):
        return None
    function, parameters = item.function, _parameters(item)
    names = {*signature(function).parameters} - {*parameters}
    # Whatever pytest does before it calls a test (markers, other fixtures) is not done ahead.
    plain = all(mark.name in _PLAIN_MARKS and not mark.kwargs.get("indirect") for mark in item.iter_markers())
    if not plain or {*item.fixturenames} - {*parameters} - _FIXTURES:
        return None

    def call(api: Api) -> object:
        fixtures = {"api": api, "customer": api.customer}
        return function(**{name: fixtures[name] for name in names}, **parameters)

    return call if "api" in names else None


def _parameters(item: pytest.Item) -> Mapping[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def _broken_promises(error: BaseException) -> Iterator[BrokenPromise]:
    """The broken promises that a test raised: one, or a group."""
    if isinstance(error, BrokenPromise):
        yield error
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _broken_promises(inner)


PROCESS = pytest.StashKey[Process]()


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Iterator[Run]:
    """The run against the target of the options."""
    process = pytestconfig.stash[PROCESS]
    process.run = Run(process.options)
    yield process.run.open()
    process.run.close()


@pytest.fixture(scope="session")
def api(pytestconfig: pytest.Config, run: Run) -> Api:
    """The operation under contract: every answer to what is sent through it is judged."""
    process = pytestconfig.stash[PROCESS]
    api = process.api = Api(run)
    if process.selected and not run.customers.only_one:
        run.update_first()  # a test looks at it in the end
    return api


@pytest.fixture
def customer(api: Api) -> Customer:
    """A customer to update."""
    return api.customer
