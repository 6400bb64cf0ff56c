"""Wiring: options in, fixtures out. What is decided, is decided in `contracts/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import pytest

from contracts import report, stash
from contracts.catalogue import Catalogue
from contracts.outcome import Outcome
from contracts.payload import Payload
from contracts.rules.judge import Verdict
from contracts.run import Run
from contracts.search import Search
from contracts.workers import bundle_of

pytest_plugins = ["contracts.plugin", "contracts.plugin_results"]


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The run against the target of the options."""
    run = Run(request.config.stash[stash.OPTIONS])
    request.config.stash[stash.RUN] = run
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
        # Skipped is not passed: the record has named the rules and the reason.
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
            request.node.stash[stash.AGAIN] = report.is_known(broken)
            pytest.fail(report.explain(outcome, violations, broken, run, why), pytrace=False)
        if found:
            # Neither passed nor failed: the summary has it as broken, with its reason and date.
            pytest.xfail("an accepted deviation")

    return check


@pytest.fixture
def all_kept(run: Run, request: pytest.FixtureRequest) -> Callable[[Sequence[Outcome]], None]:
    """Fail with an explanation of each outcome that broke something."""

    def check(outcomes: Sequence[Outcome]) -> None:
        left = [run.options.deviations.left_of(outcome, request.node.nodeid) for outcome in outcomes]
        failed = [outcome for outcome in left if outcome.violations]
        broken = [run.keep(outcome, outcome.violations, request.node.nodeid) for outcome in failed]
        request.node.stash[stash.AGAIN] = all(map(report.is_known, broken))
        if failed:
            pytest.fail(report.explain_each(zip(failed, broken, strict=True), run), pytrace=False)

    return check


@pytest.fixture
def search(run: Run, request: pytest.FixtureRequest) -> Search:
    """A search for counterexamples, of the test that asks."""
    name = f"{request.node.parent.nodeid}::{request.node.originalname}"
    return Search(run.trials, name, getattr(request, "param", 0), run.options.generation, run.options.deviations)
