"""`python -m contracts mock | clean`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from contracts import mock as mocked
from contracts.client import Client
from contracts.customers import Customers
from contracts.document import load
from contracts.journal import DEFAULT_FOLDER, leftovers
from contracts.target import NoVerdict, Target, WrongCall, checked_tokens
from contracts.vendor import MOCK_TOKENS, Vendor


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
    click.echo(f"The mocked vendor ({contract}) answers at http://{where}:{listening.getsockname()[1]}{vendor.prefix}")
    click.echo(f"  export KAITEN_AUTH_TOKEN={write}")
    click.echo(f"  export KAITEN_READ_TOKEN={read}")
    click.echo("Ctrl-C stops it.")
    mocked.server(vendor).run(sockets=[listening])


@main.command()
@click.option("--base-url", default=None, help="only what was left at this base URL")
@click.option("--journal", default=DEFAULT_FOLDER, type=click.Path(path_type=Path), help="the journal's folder")
def clean(base_url: str | None, journal: Path) -> None:
    """Remove the customers that earlier runs left behind, as the journal lists them."""
    urls = {leftover.base_url for leftover in leftovers(journal)}
    for url in sorted(urls if base_url is None else urls & {base_url.rstrip("/")}):
        tokens = checked_tokens(os.environ.get("KAITEN_AUTH_TOKEN"), None)
        with Client(Target(url, tokens)) as client:
            customers = Customers(client, None)
            click.echo(f"{url}: {customers.remove_leftovers(journal)} customers removed, {len(customers.left)} left")
            if customers.left:
                raise NoVerdict(f"{url} did not let go of {', '.join(customers.left)}")
    if not urls:
        click.echo("The journal lists nothing: no run left a customer behind.")


def run() -> None:
    """Run the command line, with the suite's exit codes."""
    try:
        main(prog_name="python -m contracts")
    except WrongCall as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except NoVerdict as error:
        click.echo(f"No verdict: {error}", err=True)
        sys.exit(6)


if __name__ == "__main__":
    run()
