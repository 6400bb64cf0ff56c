"""The results of all shards, gathered from the folders that the machines left, as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from contracts.errors import WrongCall
from contracts.report.result import Finding, Result, merged, read

RESULT = "result.json"


def gathered(folders: Sequence[Path]) -> Result:
    """The one result of all shards whose `result.json` is somewhere in these folders. A missing shard is no verdict.

    Raises:
        WrongCall: there is no result, or they are not the shards of one run.

    """
    # A run that did not come to its end leaves an empty file.
    paths = [path for folder in folders for path in sorted(folder.rglob(RESULT)) if path.stat().st_size]
    if not paths:
        raise WrongCall(f"there is no {RESULT} in {', '.join(map(str, folders))}: give --result to each shard's run")
    results = [_at_hand(read(path), path.parent) for path in paths]
    _check(results)
    whole = merged(results)
    missing = sorted(_expected(results) - {result.shard for result in results}, key=_number)
    if missing:
        lost = f"the result of shard {', '.join(missing)} is missing"
        whole = replace(whole, stopped="; ".join(filter(None, (whole.stopped, lost))))
    return replace(whole, shard="1/1")


def _check(results: Sequence[Result]) -> None:
    runs = {(result.base_url, result.contract, result.shard.partition("/")[2]) for result in results}
    if len(runs) > 1:
        told = "; ".join(f"{url}, {contract}, {total} shards" for url, contract, total in sorted(runs))
        raise WrongCall(f"these are not the shards of one run: {told}")
    shards = [result.shard for result in results]
    twice = sorted({shard for shard in shards if shards.count(shard) > 1}, key=_number)
    if twice:
        raise WrongCall(f"the result of shard {', '.join(twice)} is there more than once")


def _expected(results: Sequence[Result]) -> set[str]:
    total = results[0].shard.partition("/")[2]
    return {f"{index}/{total}" for index in range(1, int(total) + 1)}


def _number(shard: str) -> int:
    return int(shard.partition("/")[0])


def _at_hand(result: Result, folder: Path) -> Result:
    """The result with its evidence where it is now, and not where it was on the machine that kept it."""

    def found(finding: Finding) -> Finding:
        name = Path(finding.evidence).name
        here = next(folder.rglob(name), None) if name else None
        return replace(finding, evidence=str(here or finding.evidence))

    return replace(result, findings=tuple(map(found, result.findings)))


def join_junit(folders: Iterable[Path], into: Path, without: Path | None = None) -> int:
    """Write all JUnit files of the folders as one, but for one that is not of a shard; how many there were.

    Raises:
        WrongCall: one of them is no XML, or the one cannot be written.

    """
    suites = ElementTree.Element("testsuites", name="contract")
    others = {path.resolve() for path in (into, without) if path}
    paths = [path for folder in folders for path in sorted(folder.rglob("*.xml")) if path.resolve() not in others]
    try:
        for path in paths:
            # It is what pytest wrote on a machine of the user's.
            suites.extend(ElementTree.parse(path).getroot().iter("testsuite"))  # noqa: S314
        into.parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(suites).write(into, encoding="utf-8", xml_declaration=True)
    except ElementTree.ParseError as error:
        raise WrongCall(f"{path} is no JUnit file: {error}") from None
    except OSError as error:
        raise WrongCall(f"{error.filename} cannot be used: {error.strerror}") from None
    return len(paths)
