"""The page, in a real Chromium: what it shows, in which order, that it can be used, and that no vendor runs in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from contracts.rules.document import STATUSES, load
from contracts.rules.promise import promises
from contracts.vendor.model import Vendor
from tests.suite.browser import chromium
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

WIDTHS = (380, 1280)


@dataclass(frozen=True)
class Run:
    """A run's page, by its address, and what the run said in a terminal."""

    address: str
    output: str


def page_of(vendor: Vendor, folder: Path, *arguments: str) -> Run:
    """The page of a run."""
    page = folder / "report.html"
    with serving(vendor) as server:
        ran = run_suite("--base-url", server.url, f"--html={page}", "--self-contained-html", *arguments, journal=folder)
    return Run(page.as_uri(), ran.stdout)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    try:
        with chromium() as browser:
            yield browser
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The page of a run that found nothing."""
    arguments = ("-k", "not whatever_else and not a_valid_update and not left_open")
    return page_of(Vendor(load("docs")), tmp_path_factory.mktemp("green"), *arguments)


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The page of a run against a vendor that garbles all that it says."""
    return page_of(vendor_named("GarblesDetails")(load("docs")), tmp_path_factory.mktemp("red"), "-k", "not_json")


@pytest.fixture(scope="module")
def one_broken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The page of a run against a vendor that breaks one promise."""
    vendor = vendor_named("AcceptsUnknownMembers")(load("docs"))
    return page_of(vendor, tmp_path_factory.mktemp("one"), "-k", "json_that_breaks or unknown-member")


@pytest.fixture(scope="module")
def comes_and_goes(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The page of a run against a vendor that fails now and then."""
    vendor = vendor_named("FailsOnceOnSomeBodies")(load("docs"))
    return page_of(vendor, tmp_path_factory.mktemp("goes"), "-k", "json_that_breaks or unknown-member")


@pytest.fixture(scope="module")
def none(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The page of a run that was over before its first test."""
    nobody = ("--base-url", "http://127.0.0.1:9", "--patience", "0.5")
    return page_of(Vendor(load("docs")), tmp_path_factory.mktemp("none"), *nobody)


@pytest.fixture(params=["green", "red", "one_broken", "comes_and_goes", "none"])
def any_run(request: pytest.FixtureRequest) -> Run:
    """Each of them."""
    run = request.getfixturevalue(request.param)
    assert isinstance(run, Run)
    return run


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """A page that fails the test with what its console said, what it raised, and dialogs that it opened."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on(
        "request", lambda request: said.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    yield page
    context.close()
    assert not said


def test_any_page_is_readable(any_run: Run, opened: Page) -> None:
    """The verdict is the terminal's, and seen without scrolling; nothing is cut at 380 px; text stands out.

    That is at 4.5 to 1 or more (WCAG 2.2, 1.4.3), in light and in dark.
    """
    opened.goto(any_run.address)
    verdict = opened.locator("#contract h1")

    assert verdict.inner_text() in any_run.output.splitlines()
    assert re.match("KEPT|BROKEN|NO VERDICT", verdict.inner_text())
    for width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 640})
        box = verdict.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640
        assert opened.evaluate("document.documentElement.scrollWidth") == width

    opened.evaluate("document.querySelectorAll('#contract details').forEach((one) => { one.open = true; })")
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        ratios = opened.evaluate(CONTRASTS)
        assert len(ratios) > 3
        assert min(ratios.values()) >= 4.5, {name: ratio for name, ratio in ratios.items() if ratio < 4.5}

    opened.set_viewport_size({"width": 380, "height": 640})
    assert opened.evaluate(CUT) == []
    assert opened.evaluate("document.documentElement.scrollWidth") == 380


def test_what_broke_it_comes_before_the_promises(red: Run, opened: Page) -> None:
    """The order of the page: verdict, what broke it, promises, circumstances, latency, pytest-html's table."""
    opened.goto(red.address)
    wanted = [".verdict", "#what-broke-it", "#promises", "#circumstances", "#latency", "#tests"]
    tops = [(opened.locator(part).bounding_box() or {"y": -1})["y"] for part in wanted]

    assert tops == sorted(tops)
    assert tops[0] >= 0


def test_a_green_run_says_so(green: Run, opened: Page) -> None:
    """Where nothing was broken the verdict is green, nothing broke it, and the page says how sure that is."""
    opened.goto(green.address)

    assert opened.locator("#contract .verdict.green h1").inner_text().startswith("KEPT ")
    assert "How sure is that? None of " in opened.locator("#contract .verdict").inner_text()
    assert opened.locator("#contract .violation").count() == 0


def test_what_was_kept_is_folded(one_broken: Run, opened: Page) -> None:
    """What was kept is behind a fold that says how many; each promise is on the page once."""
    opened.goto(one_broken.address)
    kept = opened.locator("#contract .kept-ones")
    rows = kept.locator("tbody tr")

    assert kept.locator("summary").inner_text() == f"{rows.count()} kept"
    assert not rows.first.is_visible()
    assert sorted(opened.locator("#contract .promises th code").all_text_contents()) == sorted(promises())


def test_what_was_broken_is_first_and_tinted(one_broken: Run, opened: Page) -> None:
    """The broken promise is the first row, with a colour under it and a link to what broke it."""
    opened.goto(one_broken.address)
    row = opened.locator("#contract .promises tbody tr").first
    tint = "(element) => getComputedStyle(element).backgroundColor"

    assert row.locator("th code").inner_text() == "status.schema"
    assert row.locator(".outcome").inner_text() == "broken"
    assert row.evaluate(tint) != opened.locator("#contract .promises .kept").first.evaluate(tint)
    assert row.locator(".outcome a").get_attribute("href") == "#broken-status.schema"
    assert opened.locator("[id='broken-status.schema']").is_visible()


def test_what_was_not_tried_is_folded_by_its_reason(none: Run, opened: Page) -> None:
    """A run that was over at once does not list all promises: it says how many were not tried, and why."""
    opened.goto(none.address)
    first = opened.locator("#contract .not-tried-ones").first

    assert re.fullmatch(r"\d+ not tried: the run ended first", first.locator("summary").inner_text())
    assert not first.locator("tbody tr").first.is_visible()
    assert opened.locator("#circumstances, #latency").count() == 0


def test_a_cause_is_told_in_words(one_broken: Run, opened: Page) -> None:
    """What broke it: the promise as a sentence, what was expected and what came; request and answer side by side."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto(one_broken.address)
    violation = opened.locator("#contract .violation")
    text = violation.inner_text()
    request, answer = (box.bounding_box() for box in violation.locator("figure").all()[:2])

    assert violation.count() == 1
    assert text.startswith("JSON that breaks the request schema is answered 422.")
    assert re.search(r"when body breaks additionalProperties\s+expected\s+422 .*\s+came\s+204 No Content", text)
    assert re.search(r"\d+ of \d+ updates", text)
    assert request is not None
    assert answer is not None
    assert request["y"] == answer["y"]
    assert request["height"] == answer["height"]


def test_the_offending_part_is_marked_and_in_sight(red: Run, opened: Page) -> None:
    """The part of an answer that is wrong is marked, and a long answer is scrolled to it, in whatever was opened."""
    opened.goto(red.address)
    opened.evaluate("document.querySelectorAll('.cause').forEach((one) => { one.open = true; })")
    opened.wait_for_timeout(100)
    violation = opened.locator("#contract .violation", has_text="problem.status").first
    hidden = opened.evaluate("""[...document.querySelectorAll("pre:has(mark)")].filter((pre) => {
        const [outer, inner] = [pre, pre.querySelector("mark")].map((one) => one.getBoundingClientRect());
        return inner.top < outer.top || inner.top > outer.bottom;
    }).length""")

    assert (violation.locator("figure mark").first.text_content() or "").strip() == '"status": 418,'
    assert opened.locator("#contract .cause").count() == opened.locator("#contract .exchange:has(mark)").count()
    assert hidden == 0


def test_what_comes_and_goes_says_so(comes_and_goes: Run, opened: Page) -> None:
    """A promise that is broken now and then says how often, where it is told."""
    opened.goto(comes_and_goes.address)
    heading = opened.locator("#contract h3", has_text="status.internal_error").inner_text()

    assert re.search(r"comes and goes: \d+ of \d+ updates", heading)


def test_each_command_is_copied_alone(one_broken: Run, opened: Page) -> None:
    """The button beside a command copies just that command."""
    opened.goto(one_broken.address)
    commands = opened.locator("#contract .command:visible").all()
    copied = []
    for command in commands:
        command.locator("button").click()
        opened.wait_for_function(
            "(button) => button.textContent === 'copied'", arg=command.locator("button").element_handle()
        )
        copied.append(opened.evaluate("navigator.clipboard.readText()"))

    assert [text.partition(" ")[0] for text in copied] == ["curl", "python"]
    assert copied == [command.locator("code").inner_text() for command in commands]


def test_circumstances_are_told_in_words(one_broken: Run, opened: Page) -> None:
    """In the picture a row is a circumstance in words; what the contract allows is outlined, a violation is red."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto(one_broken.address)
    heat = opened.locator("#contract .heat")
    row = heat.locator("tr", has_text="JSON that breaks the request schema")
    style = "(element) => [getComputedStyle(element).borderTopStyle, getComputedStyle(element).borderTopColor]"
    none, good, bad = (row.locator(cell).first.evaluate(style) for cell in ("td.empty", "td.allowed", "td.at-fault"))

    assert not re.search(r"status\.", heat.inner_text())
    assert set(heat.locator("thead th").all_inner_texts()[1:]) <= {*map(str, STATUSES)}
    assert int(row.locator("td.allowed").inner_text()) > 10
    assert row.locator("td.at-fault").get_attribute("data-label") == "204"
    assert none[1] == "rgba(0, 0, 0, 0)"
    assert good[0] == bad[0] == "solid"
    assert good[1] != bad[1]
    assert heat.locator("td.at-fault").count() == 1


def test_numbers_are_right_aligned(one_broken: Run, opened: Page) -> None:
    """A number can be compared with the one below it."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto(one_broken.address)
    numbers = opened.locator("#contract .number, #contract .heat td, #contract .latency thead th + th")

    assert {*numbers.evaluate_all("(all) => all.map((one) => getComputedStyle(one).textAlign)")} == {"right"}


def test_latencies_are_told_by_status(green: Run, opened: Page) -> None:
    """A line for each status: how many answers, and in what time the first 50, 95 and 99 of 100 came."""
    opened.goto(green.address)
    table = opened.locator("#contract .latency")
    row = table.locator("tr", has_text="204").inner_text()

    assert table.locator("thead").inner_text().split() == ["status", "answers", "p50", "p95", "p99"]
    assert re.fullmatch(r"204\s+\d+(\s+[\d.]+ ms){3}", row)


def test_the_table_of_pytest_html_is_folded(one_broken: Run, opened: Page) -> None:
    """pytest-html's own table and filters are seen when the fold is opened, by the keyboard alone; they work there."""
    opened.goto(one_broken.address)
    rows, summary = opened.locator("#results-table tbody"), opened.locator("#tests > summary")

    assert re.match(r"All tests, one by one: \d+ tests", summary.inner_text())
    assert not rows.first.is_visible()
    assert not opened.locator(".controls").is_visible()
    summary.focus()
    opened.keyboard.press("Enter")
    assert rows.first.is_visible()
    before = rows.count()
    opened.locator("input[data-test-result=passed]").click()
    assert 0 < rows.count() < before


def test_what_a_vendor_says_does_not_run(red: Run, opened: Page) -> None:
    """Scripts and control characters in an answer are shown as text."""
    opened.goto(red.address)
    shown = opened.locator("#contract .violation pre").all_text_contents()

    assert any("<script>alert(1)</script>" in text for text in shown)
    assert not any(character in text for text in shown for character in "\x1b\x07\u202e\u2028")
    assert opened.locator("script").count() == 2


def test_the_page_can_be_read_without_scripts(red: Run, browser: Browser) -> None:
    """Where a policy forbids scripts all text is there, and pytest-html's part is simply shown, below."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(red.address)
    page.locator("#contract .kept-ones summary").click()

    assert page.locator("#contract h1").is_visible()
    assert page.locator("#contract .violation pre").first.is_visible()
    assert page.locator("#contract .promises .kept").first.is_visible()
    assert page.locator(".controls").is_visible()
    assert not page.locator("#tests").is_visible()
    context.close()


def test_the_page_can_be_used_by_keyboard(red: Run, opened: Page) -> None:
    """A cause is closed and opened by the keyboard alone, and what has the focus is outlined."""
    opened.goto(red.address)
    summary = opened.locator("#contract .cause > summary").first
    summary.focus()
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Tab")
    outline = summary.evaluate("element => getComputedStyle(element).outlineStyle")
    opened.keyboard.press("Enter")

    assert outline == "solid"
    assert not opened.locator("#contract .cause").first.evaluate("element => element.open")


# What is wider than what it is in.
CUT = """() => [...document.querySelectorAll('#contract *')]
    .filter((one) => one.getBoundingClientRect().right > 380 || one.scrollWidth > one.clientWidth + 1)
    .filter((one) => getComputedStyle(one).display !== 'inline').map((one) => one.outerHTML.slice(0, 80))"""
# The contrast of each two colours of which one is text and the other the nearest one under it.
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const under = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? under(element.parentElement) : colour;
  };
  const found = {};
  for (const element of document.querySelectorAll("#contract *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility() || element.localName === "style") continue;
    const [ink, paper] = [getComputedStyle(element).color, under(element)];
    const [more, less] = [light(ink), light(paper)].sort((one, other) => other - one);
    found[`${ink} on ${paper}`] = (more + 0.05) / (less + 0.05);
  }
  return found;
}"""
