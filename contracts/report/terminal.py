"""What a run prints at a terminal: an explanation of each failure, a summary, and the verdict as its last line."""

import json
import math
import os
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from contracts.errors import command, command_of_tests
from contracts.evidence.har import Evidence
from contracts.evidence.replay import Fate, Replayed
from contracts.fuzz.payloads import tried_pairs
from contracts.http.exchange import Exchange
from contracts.http.request import variable_to_set
from contracts.http.target import MOCK_URL
from contracts.report.result import INTERRUPTED, NO_VERDICT, OUTCOMES, WRONG_CALL, Finding, Result
from contracts.rules.body import read
from contracts.rules.promise import Layer, Violation, excerpt, is_of_state, is_status, number, promises

WIDTH = 110
# This is about one request. Whether the fault comes and goes is known at the end, from all requests.
_REPEATED = {True: "yes, sent again alone", False: "no: sent again alone, it was as promised", None: "not sent again"}
# How many causes are named in one line, promises in the last line, and tests (by names that -k takes).
_NAMED, _IN_LINE, _TESTS = 6, 3, 2
# The most broken promises that are explained, lines of a summary, and promises that are named as not tried.
_EXPLAINED, _SCREEN, _LISTED = 4, 50, 12
_LAYERS = {Layer.DOCUMENTED: "documented", Layer.EXACT: "required of every answer, whatever is documented"}
# The rule of three (Hanley and Lippman-Hand, JAMA 249, 1983). Fewer requests than _FEW say too little.
_THREE, _FEW = 3, 30
# The chance to see a failure again in the suggested number of times, and the largest number that --times takes.
_CHANCE, _MOST_TIMES = 0.95, 10_000
_NOTHING_TRIED = "none of the selected tests could be tried here"
_WRAPPER = textwrap.TextWrapper(WIDTH, subsequent_indent=" " * 15, break_on_hyphens=False)


def explanation(failures: Sequence[Sequence[Finding]], result: Result) -> str:
    """What a test found broken, and how to see it again: its first failing request, and promises that others broke."""
    first, shown = failures[0], failures[0][0]
    lines = [line for each in first[:_EXPLAINED] for line in promise_lines(each, each.also)]
    explained = {each.promise for each in first[:_EXPLAINED]}
    also = dict.fromkeys(each.promise for failure in failures for each in failure if each.promise not in explained)
    needed = variable_to_set(shown.curl)
    about = (
        ("request", shown.request),
        ("answer", shown.answer),
        ("trace", shown.trace),
        ("payload", shown.why),
        ("repeated", _REPEATED[shown.repeated]),
        ("curl", shown.curl),
        ("", f"({needed})" if needed else ""),
        ("", _not_shown_by_curl(shown)),
        ("again", again(first, result)),
    )
    return "\n".join([*lines, *labelled(("and also", some([*also]))), "", *labelled(*about)])


def _not_shown_by_curl(finding: Finding) -> str:
    """What the evidence has, and the curl line cannot show."""
    if finding.promise == "success.empty":
        return "(curl does not print what follows a 204: the evidence has it)"
    stored = "(the answer may look right: read the customer before and after it, or replay the evidence)"
    return stored if is_of_state(finding.promise) else ""


def labelled(*facts: tuple[str, str]) -> list[str]:
    """A line for each fact that is not empty, after its label."""
    return [f"  {label:<9} {text}" for label, text in facts if text]


def promise_lines(broken: Finding | Violation, also: Sequence[str] = (), word: str = "") -> Iterator[str]:
    """A broken promise: what was promised and where that is written, what came, and at which places in the answer."""
    said, places = promises()[broken.promise], [place for place in (broken.place, *also) if place]
    at = f"   [at {some(places)}]" if places and not is_status(broken.place) else ""
    yield f"{word}{said.id}: {said.sentence} ({said.source}; {_LAYERS[Layer(broken.layer)]})"
    yield from labelled(("expected", broken.expected), ("came", broken.actual + at))


def again(findings: Iterable[Finding], result: Result) -> str:
    """The command that sends the evidence of these findings again. If no evidence was kept, the reason."""
    kept = [each for each in findings if each.evidence]
    paths = [each.evidence for each in kept]
    return replay_command(paths, result.base_url, times_to_see(kept, result)) if kept else result.no_evidence


def times_to_see(findings: Iterable[Finding], result: Result) -> int:
    """How often to send the evidence of these findings, so that also what comes and goes is seen again."""
    most, seen = 1, result.metrics
    for each in findings:
        # Until the run ends, what did not repeat is taken to come and go, as often as so far.
        if each.comes_and_goes or (each.repeated is False and not each.tried):
            broke, tried = each.broke or seen.broken.get(each.promise, 1), each.tried or seen.tried.get(each.promise, 1)
            most = max(most, _times(broke, tried))
    return most


def replay_command(paths: Iterable[str], base_url: str, times: int = 1) -> str:
    """The command that sends these files again to the same target, so many times."""
    options = ["--times", str(times)] if times > 1 else []
    return command("replay", shlex.join([*paths, *options, *_target(base_url)]))


def _target(base_url: str) -> list[str]:
    """The option that names a target; none for the mock."""
    return [] if base_url == MOCK_URL else ["--base-url", base_url]


def summary(result: Result) -> list[str]:
    """The summary of a run, one screen at most: what was kept, broken, not tried, sent and left behind."""
    metrics, groups = result.metrics, [*result.groups.values()]
    statuses = ", ".join(f"{status}: {count}" for status, count in metrics.statuses.items())
    required = Counter(result.required.values())
    resent = f"; {number(metrics.resent, 'request')} sent again, because a kept connection ended without an answer"
    alone = f"{number(result.not_literal, 'test')} judged by {result.contract} alone: their literals are those of docs"
    facts = (
        ("target", result.base_url + (" (the mock, in process)" if result.base_url == MOCK_URL else "")),
        ("contract", result.contract),
        ("promises", count_of(result)),
        ("seed", result.seed),
        ("exchanges", str(metrics.exchanges)),
        ("updates sent", f"{metrics.updates}, answered {statuses or 'nothing'}"),
        ("interruptions", f"{metrics.interruptions}{resent if metrics.resent else ''}"),
        ("customers left", some(metrics.left) or "none"),
        ("", f"remove them with: {command('clean')}" if metrics.left else ""),
        ("failed too", _failed(result) if result.failed else ""),
        ("literals", alone if result.not_literal else ""),
        *(("required", f"{number(tests, 'test')} not tried (--require-all): {why}") for why, tests in required.items()),
        *(("not tried", f"{_listed(promise_ids)}: {why}") for why, promise_ids in result.not_tried.items()),
        ("pairs", tried_pairs(len(metrics.pairs))),
        ("how sure", how_sure(result)),
        *(("warning", warning) for warning in metrics.warnings),
        ("broken", ", ".join(result.groups) if len(groups) > 1 else ""),
    )
    lines = [line for label, text in facts if text for line in _WRAPPER.wrap(f"{label:<15}{text}")]
    if len(groups) > 1 and result.to_replay:
        # Users copy this line, so it is not wrapped.
        times = times_to_see(result.findings, result) if all(each.comes_and_goes for each in result.findings) else 1
        lines.append(f"{'':<15}see all of them again with: {replay_command(result.to_replay, result.base_url, times)}")
    blocks = [["", *broken_lines(group, result)] for group in groups[:_EXPLAINED]]
    while len(blocks) > 1 and len(lines) + sum(map(len, blocks)) >= _SCREEN:
        blocks.pop()
    return [*lines, *chain(*blocks), ""]


def _listed(promise_ids: Sequence[str]) -> str:
    # If a run ended at once, most promises were not tried: they are only counted. The HTML report names them.
    return ", ".join(promise_ids) if len(promise_ids) <= _LISTED else number(len(promise_ids), "promise")


def broken_lines(group: Sequence[Finding], result: Result) -> Iterator[str]:
    """What broke one promise: the first finding in full, and the circumstances of the others."""
    first, tests = group[0], dict.fromkeys(test for each in group for test in each.tests)
    # An intermittent fault has no circumstance.
    steady = [] if all(each.comes_and_goes for each in group) else group
    causes = [each.cause for each in steady if each.actual == first.actual]
    # A circumstance with a payload is left out if the circumstance without it is there.
    causes = [cause for cause in causes if not any(cause.startswith(f"{other} (") for other in causes)]
    yield from promise_lines(first, first.also, "BROKEN ")
    yield from labelled(
        ("request", first.request),
        ("answer", "" if is_status(first.place) else first.answer),
        ("trace", first.trace),
        ("when", some(causes, "; ")),
        *(("and when", f"{each.cause}, came: {each.actual}") for each in steady if each.actual != first.actual),
        ("seen", first.seen),
        ("tests", f"{len(tests)}: {names(tests)}"),
        ("again", again([each for each in group if each.evidence][:1], result)),
    )


def last_line(result: Result) -> str:
    """The verdict in one line."""
    groups, ended = result.groups, result.ended
    without = {
        WRONG_CALL: f"WRONG CALL: {result.stopped}",
        INTERRUPTED: "STOPPED by hand; no broken promise was found before",
        NO_VERDICT: f"NO VERDICT: {result.stopped or next(iter(result.late), _NOTHING_TRIED)}",
    }
    if result.code in without:
        return without[result.code]
    after = f"; then {result.stopped}" if result.stopped else "; then it was stopped" if result.by_hand else ""
    after += f"; {number(result.out_of_time, 'test')} not run: --max-time" if result.out_of_time else ""
    # In a CI, a run on the mock because of a forgotten variable must not look like a run on the vendor.
    mocked = result.base_url == MOCK_URL and os.environ.get("CI")
    mock = " (on the mock, in process: no vendor was asked)" if mocked else ""
    if groups:
        goes = f" ({result.findings[0].seen})" if all(each.comes_and_goes for each in result.findings) else ""
        which = f"{some([*groups], most=_IN_LINE)}{goes}{after}{mock}"
        return f"BROKEN {len(groups)} of {number(len(result.tried), 'promise')}: {which}"
    if result.failed:
        return f"FAILED {_failed(result)}{after}"
    if result.required:
        reasons = "; ".join(dict.fromkeys(result.required.values()))
        return f"NOT TRIED, though --require-all asks for it: {reasons}{after}"
    others = [f", {len(ended[outcome])} {outcome}" for outcome in OUTCOMES if outcome != "kept" and ended[outcome]]
    return f"KEPT {number(len(ended['kept']), 'promise')}{''.join(others)}{after}{mock}"


def _failed(result: Result) -> str:
    return f"{number(len(result.failed), 'test')} without a broken promise: {names(result.failed)}"


def how_sure(result: Result) -> str:
    """What the generated requests show if none of them broke a promise; empty if they show nothing."""
    drawn = result.metrics.generated
    total = sum(drawn.values())
    if total < _FEW or any("test_generated_requests" in test for finding in result.findings for test in finding.tests):
        return ""
    kinds = [f"{name}: 1 in {count // _THREE:,}" for name, count in sorted(drawn.items()) if count >= _FEW]
    but = ", but for accepted deviations" if result.metrics.accepted else ""
    sure = f"none of {total:,} generated updates broke a promise{but}: with 95 % confidence, fewer than"
    return f"{sure} 1 in {total // _THREE:,} like them would{f' ({some(kinds)})' if kinds else ''}"


def count_of(result: Result) -> str:
    """How many promises were kept, broken and not tried. One that was also broken as accepted counts as broken."""
    ended = result.ended.items()
    counts = ", ".join(f"{len(ids)} {outcome}" for outcome, ids in ended if ids or outcome in ("kept", "broken"))
    return f"{counts} (of {len(result.outcomes)})"


def names(tests: Iterable[str]) -> str:
    """The names of the first tests, each as -k takes it."""
    return some([test.rpartition("::")[2] for test in tests], most=_TESTS)


def some(words: Sequence[str], separator: str = ", ", most: int = _NAMED) -> str:
    """The first of these words, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return separator.join(words[:most]) + more


def request_line(exchange: Exchange) -> str:
    request = exchange.request
    media_type = request.header("Content-Type") or "no media type"
    framing = " in chunks" if request.header("Transfer-Encoding") else ""
    return f"{request.method} {excerpt(request.path)}, {len(request.body)} bytes of {excerpt(media_type)}{framing}"


def answer_line(exchange: Exchange) -> str:
    """An answer in one line, with the `detail` of its problem. If there is no answer, the line says why."""
    response = exchange.response
    if response is None:
        return f"none: {exchange.failure}"
    size = f"{response.size or len(response.wire_body)} bytes, {exchange.seconds * 1000:.0f} ms"
    details = [value["detail"] for value in read(response.body).values if isinstance(value, dict) and "detail" in value]
    said = f": {excerpt(json.dumps(details[0], ensure_ascii=False))}" if details else ""
    return f"{response.status} {excerpt(response.reason)}, {size}{said}"


def replayed_lines(replayed: Replayed, path: Path, base_url: str = MOCK_URL) -> Iterator[str]:
    """What became of one recorded violation when it was sent again to this base URL."""
    evidence, step, is_again = replayed.evidence, replayed.evidence.failing, replayed.result is Fate.SEEN_AGAIN
    broken = evidence.violation
    how = "comes and goes: seen " if 0 < replayed.seen < replayed.times else ""
    often = f", {how}{replayed.seen} of {replayed.times} times" if replayed.times > 1 else ""
    yield f"{replayed.result.upper()}{often}  {path}"
    if broken and not is_again:
        yield f"  {broken.promise}: {broken.sentence}"
    recorded = broken.actual if broken and replayed.result is Fate.DIFFERENT else "" if broken else "nothing was broken"
    if not step.answer_known:
        recorded = "the file does not have the whole answer: only its status was judged"
    yield from labelled(("reason", replayed.reason), ("recorded", "" if replayed.reason else recorded))
    if replayed.attempt:
        sent, before = replayed.attempt.exchange, step.exchange.request.path
        found = sorted(replayed.attempt.violations, key=lambda violation: violation.promise != evidence.promise)
        for now in found[:1] if is_again else found:
            yield from ("  " + line for line in promise_lines(now))
        anothers = not evidence.source.contract and sent.request.path != before
        customer = f"{sent.request.path}, not {before}; --customer SLUG chooses another" if anothers else ""
        yield from labelled(("request", request_line(sent)), ("customer", customer), ("answer", answer_line(sent)))
    is_gone, test = replayed.result is Fate.GONE, evidence.source.test
    often = _how_often(evidence, replayed.times) if is_gone and evidence.seen_once else ""
    options = shlex.join(["-k", names([test]), *_target(base_url), "--contract", evidence.source.contract])
    whole = f"to be sure, run its whole test: {command_of_tests(options)}" if is_gone and test else ""
    yield from labelled(("state", replayed.needs), ("often", often), ("test", whole))


def _times(broke: int, tried: int) -> int:
    """How often to send what broke `broke` of `tried` times, to see it again with 95 %."""
    return min(math.ceil(math.log(1 - _CHANCE, 1 - broke / tried)), _MOST_TIMES) if 0 < broke < tried else 1


def _how_often(evidence: Evidence, times: int) -> str:
    """How often to send a failure that came and went; empty if it was sent that often."""
    if not 0 < evidence.broke < evidence.tried:
        return "it was seen only once when it was recorded: try --times 50" if times == 1 else ""
    missed, wanted = 1 - evidence.broke / evidence.tried, _times(evidence.broke, evidence.tried)
    rate, chance = f"{evidence.broke} of {evidence.tried} updates", min(1 - missed**wanted, _CHANCE)
    return f"it came and went, {rate}: `--times {wanted}` sees it with {100 * chance:.0f} %" if times < wanted else ""


def replay_verdict(results: Sequence[Replayed]) -> str:
    """One line on all that was replayed."""
    counts = Counter(replayed.result for replayed in results)
    return ", ".join(f"{counts[fate]} {fate}" for fate in Fate if counts[fate] or fate is not Fate.NOT_TRIED)
