"""`python -m contracts mock | replay | release | summary | doctor | clean | completion`."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from contracts import deployment
from contracts.candidate import called, read
from contracts.customers.disposable import Customers
from contracts.customers.journal import DEFAULT_FOLDER, leftovers
from contracts.deployment import Observed
from contracts.doctor import Doctor, line
from contracts.errors import NoVerdict, WrongCall
from contracts.evidence import har
from contracts.evidence.deviation import load_deviations
from contracts.evidence.evidence import Evidence
from contracts.evidence.replay import Replay, Replayed, exit_code
from contracts.fuzz.payloads import entry_of
from contracts.http import interrupt
from contracts.http.client import Client
from contracts.http.target import Limits, Target, checked_tokens
from contracts.options import REACHING, TARGETING, Option, how_reached, options_from, passed_on, target_from
from contracts.release.adoption import adopt, place_of
from contracts.release.changes import Verdict
from contracts.release.comparison import compared
from contracts.release_report import Told
from contracts.report.replayed import MOST_TIMES, lines, verdict
from contracts.report.result import GREEN, NO_VERDICT, RED
from contracts.rules.document import load, pinned
from contracts.rules.openapi import SERVED
from contracts.rules.oracle import predict
from contracts.rules.references import References
from contracts.run import Run
from contracts.vendor import served as mocked
from contracts.vendor.model import MOCK_TOKENS, Vendor

# What a shell makes of Ctrl-C: 128 and the number of the signal.
INTERRUPTED = 130
# Whoever a payload is for, when it is asked which statuses may answer it.
_SOMEBODY = "contract-test-somebody"

# What the script of `completion` sets when it asks what may come next.
_COMPLETE = "_CONTRACTS_COMPLETE"

_Command = TypeVar("_Command", bound=Callable[..., Any])


def having(options: Iterable[Option]) -> Callable[[_Command], _Command]:
    """Give a command these options, as pytest has them."""

    def given(command: _Command) -> _Command:
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

    return given


# Where and as whom.
targeting = having(TARGETING)


@click.group()
def main() -> None:
    """Contract tests for one operation of the Kaiten API: update a customer."""


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one")
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option("--contract", default="docs", show_default=True, help="the release to behave as: docs, v1 or a file")
@click.option("--prefix", default="", help="serve under this path, like /api")
def mock(port: int, host: str, contract: str, prefix: str) -> None:
    """Serve the documented vendor over HTTP, until Ctrl-C."""
    vendor = Vendor(load(contract), prefix.rstrip("/"))
    try:
        listening = mocked.listen(host, port)
    except OSError as error:
        raise WrongCall(f"port {port} of {host} cannot be used: {error.strerror}; try another --port") from None
    where = f"[{host}]" if ":" in host else host
    write, read = MOCK_TOKENS
    # The server ends in good order and then raises what ended it.
    with suppress(KeyboardInterrupt):
        click.echo(
            f"The mocked vendor ({contract}) answers at http://{where}:{listening.getsockname()[1]}{vendor.prefix}"
        )
        click.echo(f"  export KAITEN_AUTH_TOKEN={write}")
        click.echo(f"  export KAITEN_READ_TOKEN={read}")
        click.echo("Ctrl-C stops it.")
        mocked.server(vendor).run(sockets=[listening])


@main.command()
@click.argument("paths", metavar="FILE-or-DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--base-url", default=None, help="where to send it; the mock in process when left out")
@click.option("--contract", default=None, help="judge by this release and not by the recorded one")
@click.option(
    "--times",
    default=1,
    show_default=True,
    type=click.IntRange(1, MOST_TIMES),
    help="how often each is sent",
)
@click.option("--as-test", is_flag=True, help="send nothing; print each as an entry for payloads.yaml")
@targeting
def replay(
    paths: tuple[Path, ...], base_url: str | None, contract: str | None, times: int, as_test: bool, **chosen: Any
) -> None:
    """Send what HAR files have recorded again, the suite's own or a browser's."""
    recorded = har.read(paths)
    if as_test:
        for path, evidence in recorded:
            step = evidence.failing
            allowed = predict(step.template.addressed(_SOMEBODY), load("docs"), {_SOMEBODY}).allowed
            entry = entry_of(path.stem, f"Recorded in {path.name}.", step.template, allowed)
            click.echo(f"# {path}: {step.unsendable}\n" if step.unsendable else entry, nl=False)
        return
    by_contract: dict[str, list[tuple[Path, Evidence]]] = {}
    for path, evidence in recorded:
        by_contract.setdefault(contract or evidence.source.contract or "docs", []).append((path, evidence))
    results: list[Replayed] = []
    for name, group in by_contract.items():
        results += _replayed(group, chosen | {"contract": name}, base_url, times)
    click.echo(verdict(results))
    sys.exit(exit_code(results))


def _replayed(
    recorded: Iterable[tuple[Path, Evidence]], chosen: Mapping[str, Any], base_url: str | None, times: int
) -> list[Replayed]:
    results = []
    with _running(chosen, base_url) as run:
        replay = Replay(run.trials)
        for path, evidence in recorded:
            results.append(replay.of(evidence, times))
            click.echo("\n".join(lines(results[-1], path)))
    return results


@main.command()
@click.option(
    "--candidate", metavar="FILE-or-URL", help="its OpenAPI document, - for stdin; by default what --base-url serves"
)
@click.option("--contract", default="docs", show_default=True, help="the release that you use: docs, v1 or a file")
@click.option("--exact", is_flag=True, help="refuse drift, too")
@click.option("--allow-undecided", is_flag=True, help="let pass what cannot be decided")
@click.option("--adopt", "adopted", metavar="NAME", help="write it as the contract of this name, whatever the verdict")
@click.option(
    "--base-url", default=None, help="a deployment of the release: hold it to the pin and to its own document"
)
@click.option("--deviations", default=None, type=click.Path(path_type=Path), help="a TOML file of accepted deviations")
@click.option("--evidence", default="evidence", show_default=True, type=click.Path(path_type=Path), help="a folder")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
@targeting
def release(
    candidate: str | None,
    contract: str,
    exact: bool,
    allow_undecided: bool,
    adopted: str | None,
    base_url: str | None,
    deviations: Path | None,
    evidence: Path,
    form: str,
    **chosen: Any,
) -> None:
    """Say whether a release of the vendor is safe, and show what it changes."""
    # A wrong call is told before anything else.
    if base_url is not None:
        target = target_from(chosen, base_url, os.environ)
    else:
        target = Target("", {}, **how_reached(chosen, os.environ))
    if candidate is None and base_url is None:
        raise WrongCall("give the release's document with --candidate FILE-or-URL, or a deployment with --base-url")
    if adopted is not None:
        place_of(adopted)
    load_deviations(deviations)
    where = candidate or f"{(base_url or '').rstrip('/')}{SERVED}"
    offered = read(where, target)
    # The runs of the contract inherit these, as they do the tokens.
    os.environ.update({shown.strip("<>"): value for shown, value in target.header_values.items()})
    verdict = Verdict(compared(pinned(contract), offered), exact, allow_undecided)
    told = Told(verdict, contract, called(where), as_json=form == "json")
    told.by_documents()
    try:
        if base_url is not None:
            told.observed = _observed(contract, offered, base_url, chosen, deviations, evidence / "release")
    except (NoVerdict, WrongCall, KeyboardInterrupt) as error:
        # What the documents say is known by now, and is never lost.
        told.stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
        told.at_last()
        if verdict.safe:
            raise
        click.echo(f"Nothing is known of the deployment: {told.stopped}", err=True)
        sys.exit(RED)
    failed = _adopted(adopted, offered, told) if adopted else ""
    told.at_last()
    if failed:
        click.echo(f"Error: {failed}", err=True)
    sys.exit(RED if not told.safe else 2 if failed else GREEN)


def _adopted(name: str, offered: References, told: Told) -> str:
    """Write a release as a contract, and note that; why it cannot be done, where it cannot."""
    try:
        told.adopted = adopt(name, offered).stem
    except WrongCall as error:
        return str(error)
    return ""


def _observed(
    contract: str,
    offered: References,
    base_url: str,
    chosen: Mapping[str, Any],
    deviations: Path | None,
    folder: Path,
) -> Observed:
    try:
        own: str | None = str(adopt("candidate", offered, folder, anew=True))
    except WrongCall as error:
        click.echo(f"The deployment is held to {contract} alone: {error}", err=True)
        own = None
    found = deployment.observed((contract, own), base_url, passed_on(chosen), folder, deviations)
    with (
        _running({**chosen, "contract": contract}, None) as pin,
        _running({**chosen, "contract": contract}, base_url) as other,
    ):
        return replace(found, differences=deployment.differences(pin, other))


@contextmanager
def _running(chosen: Mapping[str, Any], base_url: str | None) -> Iterator[Run]:
    run = Run(options_from(chosen, base_url, 0, os.environ)).open()
    try:
        yield run
    finally:
        run.close()


@main.command()
@click.option("--base-url", required=True, envvar="KAITEN_BASE_URL", help="the target that a run would have")
@click.option("--contract", default="docs", show_default=True, help="the release that a run would hold it to")
@targeting
def doctor(base_url: str, contract: str, **chosen: Any) -> None:
    """Tell whether a run would work, and what to do where it would not; only a disposable customer is made."""
    target = target_from(chosen, base_url, os.environ)
    pinned(contract)
    fatal = False
    with Client(target) as client:
        for symptom in Doctor(client, Path(chosen["journal"]), secrets.token_hex(8), contract).symptoms():
            click.echo(line(symptom))
            fatal = fatal or (symptom.fatal and not symptom.fine)
    if fatal:
        raise NoVerdict("a run would not work")


@main.command()
@click.option("--base-url", default=None, help="only what was left at this base URL")
@click.option("--journal", default=DEFAULT_FOLDER, type=click.Path(path_type=Path), help="the journal's folder")
@click.option("--patience", default=10.0, show_default=True, help="seconds to wait for a target that does not answer")
@having(REACHING)
def clean(base_url: str | None, journal: Path, patience: float, **chosen: Any) -> None:
    """Remove the customers that earlier runs left behind, as the journal lists them."""
    way = how_reached(chosen, os.environ)
    listed = {leftover.base_url for leftover in leftovers(journal)}
    urls = sorted(listed if base_url is None else listed & {base_url.rstrip("/")})
    if not urls:
        click.echo(f"The journal lists no customer that a run left behind{f' at {base_url}' if base_url else ''}.")
        return
    tokens = checked_tokens(os.environ.get("KAITEN_AUTH_TOKEN"), None)
    left = [url for url in urls if not _cleaned(Target(url, tokens, Limits(patience=patience), **way), journal)]
    if left:
        raise NoVerdict(f"what is left at {', '.join(left)} stays in {journal}")


def _cleaned(target: Target, journal: Path) -> bool:
    with Client(target) as client:
        customers = Customers(client, None)
        try:
            removed = customers.remove_leftovers(journal)
        except NoVerdict as error:
            click.echo(f"{target.base_url}: {error}")
            return False
    click.echo(f"{target.base_url}: {removed} customers removed, {len(customers.left)} left")
    return not customers.left


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh"]))
def completion(shell: str) -> None:
    """Print the script that completes these commands, for a shell to evaluate: eval "$(… completion bash)"."""
    if shell == "zsh":
        click.echo("autoload -U bashcompinit && bashcompinit")
    click.echo(Path(__file__).with_name("completion.bash").read_text(encoding="utf-8"), nl=False)


def run() -> None:
    """Run the command line, with the suite's exit codes."""
    interrupt.heed()
    try:
        sys.exit(main(prog_name="python -m contracts", standalone_mode=False, complete_var=_COMPLETE) or 0)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted: there is no verdict.", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except WrongCall as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except NoVerdict as error:
        click.echo(f"No verdict: {error}", err=True)
        sys.exit(NO_VERDICT)


if __name__ == "__main__":
    run()
