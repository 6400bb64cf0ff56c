"""What ends a command: a wrong call, or no verdict; and how a message names one. Every room may use this module."""

import os


class WrongCall(Exception):
    """The suite was called wrongly; the message says in one line what to do instead (exit 4, or click's 2)."""


class NoVerdict(BaseException):
    """The target could not be reached, or stopped answering (exit 6).

    Not an `Exception`: no test and no search for a counterexample may take it for a finding.
    """


def command(name: str, arguments: str = "") -> str:
    """A command of the suite, as this user starts one: tox.ini sets the variable for whoever has only tox."""
    if os.environ.get("CONTRACTS_BY_TOX"):
        return f"tox -e {name} -- {arguments}" if arguments else f"tox -e {name}"
    return f"python -m contracts {name} {arguments}".rstrip()
