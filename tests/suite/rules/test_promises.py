"""Every promise that can be found broken is written down, and each that is written down can be found broken."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from contracts.rules.document import load
from contracts.rules.judge import Circumstance
from contracts.rules.promise import PROMISES, Layer, promises, violation
from tests.suite.suite_run import ROOT

SOURCES = [*sorted(ROOT.glob("contracts/**/*.py")), ROOT / "conftest.py", *sorted(ROOT.glob("tests/contract/*.py"))]
GROUPS = ("answer", "status", "response", "public", "success", "problem", "relation", "update", "refused")
RULE = re.compile(rf"(?:{'|'.join(GROUPS)})\.[a-z_0-9]+")


def rules_in(path: Path) -> set[str]:
    """The ids of promises among the string literals of a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    literals = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {literal for literal in literals if RULE.fullmatch(literal)}


IN_CODE = set().union(*map(rules_in, SOURCES))
# What the judge composes: `problem.` and the name of a documented member.
COMPOSED = {f"problem.{member}" for name in ("docs", "v1") for member in load(name).problem_members(422)}


def test_every_promise_in_code_is_written_down() -> None:
    """Each promise id that a module uses has its entry in promises.yaml."""
    assert IN_CODE - set(promises()) == set()


def test_every_promise_that_is_written_down_is_used() -> None:
    """Each entry of promises.yaml is used in code, or is that of a documented member of a problem."""
    assert set(promises()) - IN_CODE - COMPOSED == set()


def test_every_promise_is_one_sentence_with_a_source() -> None:
    """Each promise is a sentence that ends in a full stop, on one line, and names its source."""
    written = promises().values()

    assert [each.id for each in written if not re.fullmatch(r"[A-Z][^\n]*[^.]\.", each.sentence)] == []
    assert [each.id for each in written if not each.source.strip()] == []


def test_every_id_is_in_words() -> None:
    """An id is a group and words, which messages can show and a command line can carry."""
    assert [id_ for id_ in promises() if not re.fullmatch(r"[a-z]+\.[a-z]+(?:_[a-z0-9]+)*", id_)] == []
    assert {id_.split(".")[0] for id_ in promises()} == set(GROUPS)


def test_a_violation_is_plain_data() -> None:
    """It goes from a worker to the process that the user started, which takes nothing but plain data."""
    for promise in [*filter(promises().__contains__, Circumstance), *promises()]:
        found = vars(violation(promise, "this", "that"))

        assert {type(value) for value in found.values()} <= {str, Layer}
        assert type(found["promise"]) is str


def test_no_two_promises_say_the_same() -> None:
    """Each sentence is there once, so that a reader knows which promise is meant."""
    sentences = [promise.sentence for promise in promises().values()]

    assert len(set(sentences)) == len(sentences)


def test_no_id_is_there_twice() -> None:
    """No entry of the file hides another one: YAML would let the last count."""
    keys = re.findall(r"^([a-z_.]+):", PROMISES.read_text(encoding="utf-8"), re.MULTILINE)

    assert keys == list(promises())
    assert len(set(keys)) == len(keys)


def test_an_entry_has_no_other_field() -> None:
    """A misspelt field is not passed over."""
    entries = yaml.safe_load(PROMISES.read_text(encoding="utf-8")).values()

    assert {field for entry in entries for field in entry} == {"sentence", "source", "layer", "allows"}


@pytest.mark.parametrize(
    ("layer", "promise_ids"),
    [
        (
            Layer.DOCUMENTED,
            {
                *("status.valid", "status.syntax", "status.credential", "status.scope", "status.slug", "status.schema"),
                *("status.read_only", "status.email", "status.documented"),
                *("problem.media_type", "problem.object", "problem.members", "problem.member"),
                *("update.stored", "update.cleared", "update.isolated"),
            },
        ),
        (
            Layer.EXACT,
            {
                *("answer.given", "answer.http", "status.credential_unclear"),
                *("status.encoding", "status.constant", "status.media_type", "status.media_type_like_json"),
                *("status.request_line", "status.size", "status.number", "status.text", "status.internal_error"),
                *("response.redirect", "response.encoding", "public.stack_trace", "public.credential", "success.empty"),
                *("problem.encoding", "problem.json", "problem.unique_names", "problem.required", "problem.type"),
                *("problem.title", "problem.status", "problem.detail", "problem.instance", "problem.errors"),
                *("relation.json", "relation.headers", "relation.refused"),
                *("problem.location", "update.idempotent", "update.atomic", "update.linearizable"),
                *("refused.unchanged", "refused.created"),
            },
        ),
    ],
)
def test_a_promise_has_the_layer_that_asks_for_it(layer: Layer, promise_ids: set[str]) -> None:
    """What the vendor says is documented; what the standards and the page's example say besides is exact."""
    assert {promise.id for promise in promises().values() if promise.layer is layer} == promise_ids


@pytest.mark.parametrize(
    ("promise", "allowed"),
    [
        ("status.valid", {204}),
        ("status.syntax", {400}),
        ("status.credential", {401}),
        ("status.scope", {403}),
        ("status.slug", {404}),
        ("status.schema", {422}),
        ("status.media_type", {400, 415, 422}),
        ("status.media_type_like_json", {400, 415, 422}),
        ("status.encoding", {400, 422}),
        ("status.constant", {400, 422}),
        ("status.request_line", {404, 414, 431}),
        ("status.size", {413}),
        ("status.number", {400, 422}),
        ("status.text", {400, 422}),
        ("status.credential_unclear", {400, 401}),
        ("status.read_only", {422}),
        ("status.email", {422}),
    ],
)
def test_a_circumstance_allows_what_the_design_says(promise: str, allowed: set[int]) -> None:
    """The oracle's table is as designed."""
    assert promises()[promise].allows == allowed


def test_no_other_promise_allows_a_status() -> None:
    """Which statuses may answer is said by the promises about statuses alone."""
    allowing = {promise.id for promise in promises().values() if promise.allows}

    assert {id_.split(".")[0] for id_ in allowing} == {"status"}
    assert {id_ for id_ in promises() if id_.startswith("status.")} - allowing == {
        *("status.documented", "status.internal_error")
    }


def test_no_circumstance_allows_a_500() -> None:
    """No promise lets a request be answered 500."""
    assert not [promise.id for promise in promises().values() if 500 in promise.allows]


def test_a_violation_carries_its_promise() -> None:
    """A violation is made from the id of a promise, and says what the promise says."""
    found = violation("success.empty", "nothing", "2 bytes", "body")

    assert found.promise == "success.empty"
    assert (found.promise, found.expected, found.actual, found.place) == ("success.empty", "nothing", "2 bytes", "body")


def test_there_is_no_violation_of_an_unknown_rule() -> None:
    """A promise that nobody wrote down cannot be reported."""
    with pytest.raises(KeyError):
        violation("status.unheard_of", "this", "that")
