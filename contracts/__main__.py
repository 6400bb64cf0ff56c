"""`python -m contracts mock | replay | release | doctor | clean`, or `contracts …` where the project is installed.

Each command imports what it needs, so that help and completion come at once.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if __name__ == "__main__":  # Ctrl-C ends the imports without a traceback; later `run` handles it
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import click

from contracts.customers.journal import DEFAULT_FOLDER
from contracts.errors import NoVerdict, WrongCall
from contracts.options import REACHING, TARGETING, Option, how_reached, options_from, passed_on, target_from

if TYPE_CHECKING:
    from contracts.evidence.har import Evidence
    from contracts.http.target import Target
    from contracts.run import Run

# The exit codes (README.md). The last is a shell's for Ctrl-C: 128 plus the number of the signal.
GREEN, RED, WRONG_CALL, NO_VERDICT, INTERRUPTED = 0, 1, 2, 6, 130

_Command = TypeVar("_Command", bound=Callable[..., Any])


def having(options: Iterable[Option]) -> Callable[[_Command], _Command]:
    """Add these options to a command, with the names and defaults that they have in pytest."""

    def decorate(command: _Command) -> _Command:
        for option in reversed([*options]):
            command = click.option(
                option.flag,
                is_flag=option.default is False,
                multiple=option.repeatable,
                default=option.default,
                type=option.type,
                metavar=option.metavar,
                help=option.help,
                show_default=option.default is not False,
            )(command)
        return command

    return decorate


@click.group()
def main() -> None:
    """Contract tests for one operation of the Kaiten API: update a customer."""


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port")
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--contract", default="docs", show_default=True, help="release to behave as: docs, v1 or a file")
@click.option("--prefix", default="", help="serve under this path, like /api")
def mock(port: int, host: str, contract: str, prefix: str) -> None:
    """Serve the documented vendor over HTTP, until Ctrl-C."""
    from contracts.rules.document import load
    from contracts.vendor import served
    from contracts.vendor.model import MOCK_TOKENS, Vendor

    vendor = Vendor(load(contract), prefix.rstrip("/"))
    try:
        listening = served.listen(host, port)
    except OSError as error:
        raise WrongCall(f"port {port} of {host} cannot be used: {error.strerror}; try another --port") from None
    origin = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    # The server shuts down on Ctrl-C, and then raises KeyboardInterrupt.
    with suppress(KeyboardInterrupt):
        click.echo(f"The mocked vendor ({contract}) answers at {origin}{vendor.prefix}")
        for variable, token in zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True):
            click.echo(f"  export {variable}={token}")
        click.echo("Ctrl-C stops it.")
        served.server(vendor).run(sockets=[listening])


@main.command()
@click.argument("paths", metavar="FILE-or-DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--base-url", default=None, help="where to send it (default: KAITEN_BASE_URL, or the mock, in process)")
@click.option("--contract", default=None, help="judge by this release, not by the recorded one")
@click.option("--times", default=1, show_default=True, type=click.IntRange(1, 10_000), help="how often to send each")
@click.option("--as-test", is_flag=True, help="send nothing; print each as an entry for payloads.yaml")
@having(TARGETING)
def replay(
    paths: tuple[Path, ...], base_url: str | None, contract: str | None, times: int, as_test: bool, **chosen: Any
) -> None:
    """Send again what HAR files recorded: the suite's evidence, or a browser's network panel."""
    from contracts.evidence import har
    from contracts.evidence.replay import Fate, Replay, Replayed
    from contracts.fuzz.payloads import entry_of
    from contracts.report.terminal import replay_verdict, replayed_lines

    base_url = os.environ.get("KAITEN_BASE_URL") if base_url is None else base_url
    recorded = har.read(paths)
    if as_test:
        for path, evidence in recorded:
            step = evidence.failing
            entry = entry_of(path.name, step.template, step.exchange.status)
            click.echo(f"# {path}: {step.unsendable}\n" if step.unsendable else entry, nl=False)
        return
    by_contract: dict[str, list[tuple[Path, Evidence]]] = {}
    for path, evidence in recorded:
        by_contract.setdefault(contract or evidence.source.contract or "docs", []).append((path, evidence))
    results: list[Replayed] = []
    for release, group in by_contract.items():
        with _running(chosen | {"contract": release}, base_url) as run:
            again = Replay(run.attempts)
            for path, evidence in group:
                results.append(again.of(evidence, times))
                click.echo("\n".join(replayed_lines(results[-1], path, run.target.base_url)))
    click.echo(replay_verdict(results))
    fates = {replayed.result for replayed in results}
    sys.exit(RED if fates & {Fate.SEEN_AGAIN, Fate.DIFFERENT} else NO_VERDICT if Fate.NOT_TRIED in fates else GREEN)


def _running(chosen: Mapping[str, Any], base_url: str | None) -> closing[Run]:
    """A run against a base URL. Without one it is against the mock."""
    from contracts.run import Run

    options = options_from(chosen, base_url, 0, os.environ)
    click.echo(f"{base_url}: {options.target.limits.waits}" if base_url else "the mock, in process", err=True)
    return closing(Run(options).open())


@main.command()
@click.option(
    "--candidate", metavar="FILE-or-URL", help="OpenAPI document, - for stdin (default: the one that --base-url serves)"
)
@click.option("--contract", default="docs", show_default=True, help="release that you rely on: docs, v1 or a file")
@click.option("--exact", is_flag=True, help="count drift as not safe")
@click.option("--allow-undecided", is_flag=True, help="count undecided changes as safe")
@click.option("--adopt", metavar="NAME", help="save the release as a contract with this name, whatever the verdict")
@click.option("--base-url", help="deployment of the release, to hold to --contract and to its own document")
@click.option("--deviations", default=None, type=click.Path(path_type=Path), help="TOML file of accepted deviations")
@click.option(
    "--evidence", default="evidence", show_default=True, type=click.Path(path_type=Path), help="folder for HAR files"
)
@click.option("--format", default="text", show_default=True, type=click.Choice(["text", "json"]))
@having(TARGETING)
def release(
    candidate: str | None, contract: str, base_url: str | None, deviations: Path | None, evidence: Path, **chosen: Any
) -> None:
    """Find out whether a release of the vendor is safe to upgrade to, and show what it changes."""
    from contracts.candidate import adopt, called, obstacle, place_of, read
    from contracts.deployment import observed
    from contracts.evidence.deviation import load_deviations
    from contracts.http.target import Target
    from contracts.release import ReleaseVerdict
    from contracts.release.comparison import compared
    from contracts.report.release import ReleaseReport, no_verdict
    from contracts.rules.document import pinned
    from contracts.rules.openapi import SERVED

    try:
        # Every mistake in the call is reported before anything is compared or sent.
        anywhere = Target("", {}, **how_reached(chosen, os.environ))
        target = anywhere if base_url is None else target_from(chosen, base_url, os.environ)
        if candidate is None and base_url is None:
            raise WrongCall("give the release's document with --candidate FILE-or-URL, or a deployment with --base-url")
        written = None if chosen["adopt"] is None else place_of(chosen["adopt"])
        load_deviations(deviations)
        where = candidate or f"{(base_url or '').rstrip('/')}{SERVED}"
        offered = read(where, target)
        verdict = ReleaseVerdict(compared(pinned(contract), offered), chosen["exact"], chosen["allow_undecided"])
    except (NoVerdict, WrongCall) as error:
        if chosen["format"] == "json":
            click.echo(no_verdict(str(error)))
        raise
    # The runs against the deployment are child processes: they inherit these variables, and those of the tokens.
    os.environ.update({shown.strip("<>"): value for shown, value in target.header_values.items()})
    report = ReleaseReport(verdict, contract, called(where), chosen["format"] == "json", obstacle(offered))
    report.print_documents()
    try:
        if base_url is not None:
            folder = evidence / "release"
            report.observed = observed(contract, offered, base_url, passed_on(chosen), folder, deviations)
    except (NoVerdict, WrongCall, KeyboardInterrupt) as error:
        # The documents are compared by now: that verdict is printed, whatever happened to the deployment.
        report.stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
        report.print_verdict()
        if verdict.safe:
            raise
        click.echo(f"Nothing is known of the deployment: {report.stopped}", err=True)
        sys.exit(RED)
    code = GREEN if report.safe else RED
    try:
        if written is not None:
            adopt(written, offered)
            report.adopted = written.stem
    except WrongCall as error:
        # The verdict is still the last line.
        click.echo(f"Error: {error}", err=True)
        code = code or WRONG_CALL
    report.print_verdict()
    sys.exit(code)


@main.command()
@click.option("--base-url", required=True, envvar="KAITEN_BASE_URL", show_envvar=True, help="target to examine")
@click.option("--contract", default="docs", show_default=True, help="release that a run would use: docs, v1 or a file")
@having(TARGETING)
def doctor(base_url: str, contract: str, **chosen: Any) -> None:
    """Find out whether a run would work, and what to do if not. Only disposable customers are made, and removed."""
    from contracts.doctor import Doctor, target_of
    from contracts.http.client import Client
    from contracts.rules.document import pinned

    target = target_of(chosen, base_url, os.environ)
    pinned(contract)
    fatal = False
    # `closing` removes the customers before the client is closed, whatever ends the loop.
    with (
        Client(target) as client,
        closing(Doctor(client, chosen["journal"], secrets.token_hex(8), contract).symptoms()) as symptoms,
    ):
        for symptom in symptoms:
            click.echo(symptom)
            fatal = fatal or symptom.mark == "FAIL"
    if fatal:
        raise NoVerdict("a run would not work")


@main.command()
@click.option("--base-url", default=None, help="only the customers at this base URL")
@click.option("--journal", default=DEFAULT_FOLDER, type=click.Path(path_type=Path), help="folder of the journal")
@click.option("--patience", default=10.0, show_default=True, help="seconds to wait for a target that does not answer")
@having(REACHING)
def clean(base_url: str | None, journal: Path, patience: float, **chosen: Any) -> None:
    """Remove the customers that earlier runs left behind, and that the journal lists."""
    from contracts.customers.journal import leftovers
    from contracts.http.target import Limits, Target, checked_tokens, checked_url

    way = how_reached(chosen, os.environ)
    listed = {leftover.base_url for leftover in leftovers(journal)}
    given = None if base_url is None else checked_url(base_url, allow_production=True, allow_plain_http=True)
    urls = sorted(listed if given is None else listed & {given})
    if not urls:
        click.echo(f"The journal lists no customer that a run left behind{f' at {given}' if given else ''}.")
        return
    tokens = checked_tokens(os.environ.get("KAITEN_AUTH_TOKEN"), None)
    left = [url for url in urls if not _cleaned(Target(url, tokens, Limits(patience=patience), **way), journal)]
    if left:
        raise NoVerdict(f"some customers at {', '.join(left)} could not be removed; {journal} still lists them")


def _cleaned(target: Target, journal: Path) -> bool:
    """Remove the customers that runs have left at one target. False if some are still there."""
    from contracts.customers.disposable import Customers
    from contracts.customers.journal import Journal
    from contracts.http.client import Client
    from contracts.rules.promise import number

    with Client(target) as client:
        customers = Customers(client, Journal(journal, secrets.token_hex(8), target.base_url))
        try:
            removed = customers.remove_leftovers(journal)
        except (NoVerdict, WrongCall) as error:
            click.echo(f"{target.base_url}: {error}")
            return False
        finally:
            customers.close()
    click.echo(f"{target.base_url}: {number(removed, 'customer')} removed, {len(customers.left)} left")
    return not customers.left


def run() -> None:
    """Run the command line, with the suite's exit codes."""
    from contracts.http.retries import heed_signals

    heed_signals()
    try:
        sys.exit(main(standalone_mode=False) or GREEN)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted: there is no verdict.", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (WrongCall, NoVerdict) as error:
        is_wrong = isinstance(error, WrongCall)
        click.echo(f"{'Error' if is_wrong else 'No verdict'}: {error}", err=True)
        sys.exit(WRONG_CALL if is_wrong else NO_VERDICT)


if __name__ == "__main__":
    run()
