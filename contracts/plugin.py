"""The pytest plugin: options, markers, the one result that is made from reports, and all output drawn from it."""

import gc
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts import fuzz
from contracts.customers.journal import leftovers
from contracts.errors import WrongCall
from contracts.fuzz.generation import PROFILES, register_profiles
from contracts.http.credential import Secret
from contracts.http.retries import heed_signals
from contracts.options import OPTIONS, options_from
from contracts.plugin_process import PROCESS, Process
from contracts.report import files, result, terminal
from contracts.report.result import GREEN, INTERRUPTED, Finding, Result
from contracts.rules.document import STATUSES

# The files that a run writes at its end: the option, and pytest's name for it.
_FILES = {"--junit-xml": "xmlpath", "--result": "result", "--promises-xml": "promises_xml", "--html": "htmlpath"}
# The exit codes of pytest that are about the tests. The others are about pytest itself.
_OF_TESTS = frozenset({0, 1, 2, 5})

register_profiles()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract", "the contract of update-customer (with --base-url; without it, the mock)")
    for option in OPTIONS:
        default = f" (default: {option.default})" if option.default not in (None, False) else ""
        kind: dict[str, Any] = {"action": "store_true"}
        if option.default is not False:
            kind = {"action": "append" if option.repeatable else "store", "default": option.default}
            kind |= {"type": option.type, "metavar": option.metavar}
        group.addoption(option.flag, help=option.help + default, **kind)


def pytest_configure(config: pytest.Config) -> None:
    profile = config.getoption("hypothesis_profile")
    if profile not in (None, *PROFILES):
        raise pytest.UsageError(f"unknown profile {profile!r}: give one of {', '.join(PROFILES)}")
    for status in STATUSES:
        config.addinivalue_line("markers", f"status_{status}: promises about the status {status}")
    config.addinivalue_line("markers", "fuzz: generated requests")
    config.addinivalue_line("markers", "alone: needs all connections to the target, so no test is run beside it")
    config.addinivalue_line("markers", "member(name): about a request member that not every release has")
    variables = {name: Secret(value) for name, value in os.environ.items()}
    chosen = {option.name: config.getoption(option.name) for option in OPTIONS} | {"hypothesis_profile": profile}
    # What the process that the user started has passed to this worker.
    workerinput: dict[str, Any] = getattr(config, "workerinput", {})
    seed = workerinput.get("contract_seed", config.getoption("hypothesis_seed"))
    if isinstance(seed, str):
        # Hypothesis takes any word as a seed.
        seed = int(seed) if seed.isdecimal() else int.from_bytes(seed.encode())
    # This is wall-clock time, which all processes share: they do not start at the same moment.
    ends = time.time() + chosen["max_time"] if chosen["max_time"] else float("inf")
    given, variable = config.getoption("base_url"), variables.get("KAITEN_BASE_URL")
    # In CI, a variable that is not set may arrive as an empty string. That must not select the mock.
    base_url = given if given is not None else variable
    try:
        workers = workerinput.get("workercount", config.getoption("numprocesses", None) or 1)
        options = options_from(chosen, base_url, seed, variables, workers)
    except WrongCall as error:
        raise pytest.UsageError(str(error)) from None
    # Importing the tests already needs the pinned document and the number of rounds.
    fuzz.pin(options.document, options.generation)
    process = config.stash[PROCESS] = Process(config, options, workerinput.get("contract_ends", ends))
    config.pluginmanager.register(process, "contract-process")
    if not workerinput:
        config.pluginmanager.register(Collector(config, process), "contract-result")
    heed_signals()


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    # pytest-metadata lists the variables of a CI. They may hold secrets, and the report must not show them.
    for name in set(metadata) - {"Python", "Platform", "Packages"}:
        del metadata[name]


def pytest_collection_finish() -> None:
    # Objects made so far live until the end. Garbage collections after each generated round need not look at them.
    gc.freeze()


class Collector:
    """The plugin of the process that the user started. It adds each report to the one result before others see it."""

    def __init__(self, config: pytest.Config, process: Process) -> None:
        self._config, self._process, self._options = config, process, process.options
        name, seed, folder = self._options.document.name, self._options.generation.seed, self._options.evidence
        self._result = Result(self._options.target.base_url, name, str(seed), str(folder or ""), time.time())
        # Whether a test of the contract has begun, and whether the result is made.
        self._begun = self._made = False
        for option, attribute in _FILES.items():
            if path := config.getoption(attribute, None):
                _empty(option, Path(path).expanduser())

    def pytest_report_header(self) -> str:
        """Say in advance for how long the run may show nothing."""
        return f"contract: {self._result.contract}; {self._options.target.limits.waits}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give all workers the same seed, and the same time to end."""
        node.workerinput["contract_seed"] = self._options.generation.seed
        node.workerinput["contract_ends"] = self._process.ends

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Add what a worker did. If it crashed, note that, since the outcome of its last tests is not known."""
        output = getattr(node, "workeroutput", {})
        if "contract" in output:
            self._take(output["contract"])
        elif error:
            self._result.stop(f"the worker {node.gateway.id} crashed")

    def _take(self, ended: dict[str, Any]) -> None:
        """Add what a process did after its last test."""
        if ended:
            self._begun = True
            self._result.metrics.add(ended["metrics"])
            self._result.selected = self._result.selected and ended["selected"]
            for failure in ended["broken"]:
                for finding in failure:
                    self._result.entered(Finding(**finding))
            if ended["stopped"]:
                self._result.stop(*ended["stopped"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add what the report carries to the result, and explain its failure."""
        if not hasattr(report, "contract"):
            # This report stands for a worker that crashed.
            return
        self._begun = self._begun or report.contract["metrics"] is not None
        made, failures = self._result, self._result.add(report)
        # pytest keeps each report until the end of the run.
        del report.contract
        if failures and report.failed:
            # Failures that no other test has explained come first.
            new = [failure for failure in failures if any(seen.tests[0] == report.nodeid for seen in failure)]
            known = [failure for failure in failures if failure not in new]
            report.longrepr = terminal.explanation([*new, *known], made)
            report.again = not new

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Count a failure that another test has explained, and do not explain it again."""
        return ("failed again", "F", "FAILED") if report.failed and getattr(report, "again", False) else None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that Ctrl-C or SIGTERM ended the run. The subclass of KeyboardInterrupt that -x raises is left out."""
        self._result.by_hand = self._result.by_hand or excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Finish the result before others use it. A file that cannot be written does not change the verdict."""
        self._take(self._process.end(exitstatus))
        made = self._result
        made.cut_short = bool(session.shouldfail or session.shouldstop)
        if (self._begun or made.stopped or made.by_hand) and not self._config.getoption("collectonly"):
            self._conclude(made)
            session.exitstatus = made.code if exitstatus in _OF_TESTS else exitstatus
        for option, write in {"result": result.write, "promises_xml": files.write_junit}.items():
            if self._made and (path := self._config.getoption(option)):
                with self._warning():
                    write(made, path.expanduser())
        with self._warning():
            yield

    @contextmanager
    def _warning(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._result.metrics.add({"warnings": [f"a file could not be written: {error}"]})

    def _conclude(self, made: Result) -> None:
        if self._config.getoption("numprocesses", None):
            # A worker that was stopped, or crashed, could not report which customers are left. Its journal lists them.
            listed = [leftover for leftover in leftovers(self._options.journal) if leftover.base_url == made.base_url]
            warnings = ["the workers were stopped: what they sent last is not counted"] if made.by_hand else []
            made.metrics.add({"left": [slug for leftover in listed for slug in leftover.slugs], "warnings": warnings})
        made.finish(self._options.deviations)
        self._made = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        if self._made:
            prefix.append(files.html(self._result, Path(self._config.getoption("htmlpath")).expanduser().parent))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        # These tests count as failed, too, although another test explained why.
        again = terminalreporter.stats.pop("failed again", [])
        if again:
            terminalreporter.stats.setdefault("failed", []).extend(again)
        if self._made:
            made = self._result
            terminalreporter.section("contract")
            for line in [*terminal.summary(made), *made.deviations, *files.github(made)]:
                terminalreporter.line(line)
            colour = {GREEN: "green", INTERRUPTED: "yellow"}.get(made.code, "red")
            terminalreporter.line(terminal.last_line(made), **{colour: True}, bold=True)


def _empty(option: str, path: Path) -> None:
    """Empty a results file. Raises UsageError if it cannot be written: before the run, and not after it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The results of an earlier run must not pass for those of this one.
        path.open("w").close()
    except OSError as error:
        raise pytest.UsageError(f"{option} cannot be written: {error}") from None
