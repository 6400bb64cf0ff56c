"""What ends a command: a wrong call, or no verdict. This module imports nothing, so that every room may use it."""


class WrongCall(Exception):
    """The suite was called wrongly; the message says in one line what to do instead (exit 4, or click's 2)."""


class NoVerdict(BaseException):
    """The target could not be reached, or stopped answering (exit 6).

    Not an `Exception`: no test and no search for a counterexample may take it for a finding.
    """
