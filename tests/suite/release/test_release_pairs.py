"""Each release of the catalogue gets the verdict that it deserves, and each proof holds for a second validator."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema_rs.canonical import Containment

from contracts.errors import WrongCall
from contracts.release import Kind, Proof, ReleaseVerdict, difference
from contracts.release.containment import contained
from contracts.release.schema import Schema
from contracts.report.release import blocks
from tests.suite.release_pairs import Pair, changed, pairs

CHECKER = FormatChecker()
JUDGED = pairs("breaking", "not decided", "drift", "compatible", "nothing")


@CHECKER.checks("uri-reference")
@CHECKER.checks("iri-reference")
def is_uri_reference(value: object) -> bool:
    """A check of our own (RFC 3986, appendix A: the characters): the package's needs one more package."""
    return not isinstance(value, str) or re.fullmatch(r"[!#-;=?-\[\]_a-z~]*", value) is not None


@pytest.mark.parametrize("pair", JUDGED, ids=lambda pair: pair.id)
def test_a_release_is_judged_by_its_gravest_change(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release is what the gravest of its changes is, and the change is told.

    What proves a change fits one side's schema and not the other's, as the package jsonschema sees it, too. There is a
    proof for every schema that breaks: only what is no schema is shown by its two sides.
    """
    proved: list[tuple[Proof, bool, bool]] = []

    def watched(*schemas: Schema) -> tuple[Containment, tuple[Proof, ...]]:
        answer, proofs = contained(*schemas)
        inner, outer = (Draft202012Validator(schema, format_checker=CHECKER) for schema in schemas)
        proved.extend((proof, inner.is_valid(proof.value), outer.is_valid(proof.value)) for proof in proofs)
        return answer, proofs

    monkeypatch.setattr(difference, "contained", watched)

    found = changed(pair)

    printed = "\n".join(blocks(ReleaseVerdict(found)))
    breaking = [change for change in found if change.kind is Kind.BREAKING]
    assert next((change.kind.value for change in found), "nothing") == pair.kind, printed
    assert pair.says in printed
    assert [change.proof for change in found if change.proof and (change.proof, True, False) not in proved] == []
    assert [change.what for change in breaking if change.proof is None and change.pin.startswith("{")] == []


@pytest.mark.parametrize("pair", pairs("less said"), ids=lambda pair: pair.id)
def test_a_release_that_says_less_than_is_held_anyway_does_not_break(pair: Pair) -> None:
    """A document may say less than what every answer is held to: whoever keeps to the pin is safe with it."""
    verdict = ReleaseVerdict(changed(pair))

    assert verdict.safe, "\n".join(blocks(verdict))


@pytest.mark.parametrize("pair", pairs("refused"), ids=lambda pair: pair.id)
def test_a_document_that_cannot_be_judged_is_refused(pair: Pair) -> None:
    """A document that the operation cannot be read from is a wrong call, and one line says why."""
    with pytest.raises(WrongCall) as caught:
        changed(pair)

    assert pair.says in str(caught.value)
    assert "candidate.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_catalogue_is_large_enough_to_mean_something() -> None:
    """The catalogue has at least 60 releases, no two of one name, and each kind of verdict among them."""
    ids = [pair.id for pair in pairs()]

    assert len(ids) == len(set(ids)) >= 60
    assert {pair.kind for pair in pairs()} == {*(kind.value for kind in Kind), "less said", "nothing", "refused"}
