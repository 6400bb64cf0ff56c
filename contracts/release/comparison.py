"""A candidate compared with the pin: all that changes for who calls the operation."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from contracts.errors import WrongCall
from contracts.exchange import OPERATION
from contracts.release import answers, requests
from contracts.release.change import Change, Kind, gathered
from contracts.release.operation import Operation, find, near
from contracts.release.reference import References
from contracts.rules.document import PATH, Document

_METHOD = OPERATION.lower()


def compared(pin: Document, content: Mapping[str, Any], name: str) -> tuple[Change, ...]:
    """What changes from the pin to the document of a release; `name` is how messages call that.

    Raises:
        WrongCall: what either says of the operation, or what that refers to, cannot be read.

    """
    candidate = References(content, f"candidate {name!r}")
    try:
        before = of_document(References(pin.content, f"contract {pin.name!r}"))
        after = find(candidate, _METHOD, PATH)
        if before is None:
            raise WrongCall(f"contract {pin.name!r} does not describe {OPERATION} {PATH}")
        if after is None:
            return (_missing(candidate),)
        return gathered(chain(requests.changes(before, after), answers.changes(before, after)))
    except RecursionError:
        raise candidate.wrong("is nested too deep") from None
    except (AttributeError, KeyError, TypeError) as error:
        # A stranger's document may have anything in the place of anything.
        why = " ".join(repr(error).split())[:160]
        raise candidate.wrong(f"does not describe {OPERATION} {PATH} as OpenAPI has it: {why}") from None


def of_document(references: References) -> Operation | None:
    """The operation under contract, in a document."""
    return find(references, _METHOD, PATH)


def _missing(candidate: References) -> Change:
    alike = near(candidate, _METHOD, PATH)
    told = f"the nearest is {', '.join(alike)}" if alike else "nothing like it"
    return Change(Kind.BREAKING, "operation", "the candidate does not have it", f"{OPERATION} {PATH}", told)
