"""The two errors that end a command, and how messages write a command or an error. Every room may use this module."""

import os


class WrongCall(Exception):
    """The suite was called wrongly; the message says in one line what to do instead (exit 4, or click's 2)."""


class NoVerdict(BaseException):
    """The target could not be reached, or stopped answering (exit 6).

    This is not an `Exception`, so that no test and no search for a counterexample takes it for a finding.
    """


def command(name: str, arguments: str = "") -> str:
    """A command of the suite as this user would type it: with tox if tox started this process, else with Python."""
    if os.environ.get("CONTRACTS_BY_TOX"):
        return f"tox -e {name} -- {arguments}" if arguments else f"tox -e {name}"
    return f"python -m contracts {name} {arguments}".rstrip()


def command_of_tests(arguments: str) -> str:
    """The command that runs tests of the contract, as this user would type it."""
    program = "tox -e contract --" if os.environ.get("CONTRACTS_BY_TOX") else "python -m pytest tests/contract"
    return f"{program} {arguments}"


def one_line(error: object, most: int | None = None) -> str:
    """The text of an error in one line, cut after so many characters."""
    return " ".join(str(error).split())[:most]
