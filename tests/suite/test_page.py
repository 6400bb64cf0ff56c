"""The page, in a real Chromium: what it shows, that it can be used, and that nothing a vendor says runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from contracts.rules.document import STATUSES, load
from contracts.rules.promise import promises
from contracts.vendor import Vendor
from tests.suite.browser import chromium
from tests.suite.served import serving
from tests.suite.suite_run import run_suite
from tests.suite.vendors import vendor_named

WIDTHS = (360, 1600)


def page_of(vendor: Vendor, folder: Path, *arguments: str) -> str:
    """The address of the page of a whole run."""
    page = folder / "report.html"
    with serving(vendor) as server:
        run_suite("--base-url", server.url, f"--html={page}", "--self-contained-html", *arguments, journal=folder)
    return page.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    try:
        with chromium() as browser:
            yield browser
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run that found nothing."""
    return page_of(Vendor(load("docs")), tmp_path_factory.mktemp("green"), "-k", "valid_update")


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run against a vendor that garbles all that it says."""
    return page_of(vendor_named("GarblesDetails")(load("docs")), tmp_path_factory.mktemp("red"), "-k", "not_json")


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


@pytest.mark.parametrize("width", WIDTHS)
def test_the_verdict_is_above_the_fold(width: int, red: str, opened: Page) -> None:
    """Verdict, target, when and how much are seen without scrolling, and nothing scrolls sideways."""
    opened.set_viewport_size({"width": width, "height": 640})
    opened.goto(red)
    box = opened.locator("#contract .verdict").bounding_box()

    assert opened.locator("#contract h1").inner_text().startswith("The contract is broken: ")
    assert box is not None
    assert box["y"] + box["height"] <= 640
    assert opened.evaluate("document.documentElement.scrollWidth") == width


def test_the_matrix_has_a_row_for_each_promise(green: str, opened: Page) -> None:
    """Each promise is there with its sentence, how often it was tried, and its outcome."""
    opened.goto(green)
    rows = opened.locator("#contract .matrix tbody tr:not(.group)")

    assert sorted(rows.locator("th code").all_inner_texts()) == sorted(promises())
    assert set(rows.locator(".outcome").all_inner_texts()) >= {"kept"}
    assert opened.locator("#contract .matrix .group").all_inner_texts()[:7] == [*map(str, STATUSES)]


def test_a_green_run_says_so(green: str, opened: Page) -> None:
    """Where nothing was broken the verdict is green, and there are no violations."""
    opened.goto(green)

    assert (
        opened.locator("#contract .verdict.green h1")
        .inner_text()
        .startswith("Every promise that could be tried was kept")
    )
    assert opened.locator("#contract .violation").count() == 0


@pytest.mark.parametrize("part", ["circumstances", "keywords", "latency", "interruptions"])
def test_the_page_shows_what_was_tried(part: str, red: str, opened: Page) -> None:
    """Statuses by circumstance, keywords from both sides, latencies and interruptions have a part each."""
    opened.goto(red)
    section = opened.locator(f"#contract section[aria-labelledby={part}]")

    assert section.locator("table, svg, p").count() > 0
    assert section.locator("h2").is_visible()


def test_the_cell_that_the_contract_allows_is_outlined(green: str, opened: Page) -> None:
    """In the table of circumstances the answers to a valid request are in an outlined cell."""
    opened.goto(green)
    row = opened.locator("#contract .heat tr", has_text="status.valid")

    assert row.locator("td.allowed").count() == 1
    assert int(row.locator("td.allowed").inner_text()) > 100


def test_a_violation_shows_the_offending_part(red: str, opened: Page) -> None:
    """A violation has request and answer side by side, and the part of the answer that is wrong is marked."""
    opened.goto(red)
    violation = opened.locator("#contract .violation", has_text="problem.status").first

    assert violation.locator("figure").count() == 2
    assert (violation.locator("figure mark").text_content() or "").strip() == '"status": 418,'


def test_a_command_is_copied(red: str, opened: Page) -> None:
    """The button beside a command copies just that command."""
    opened.goto(red)
    command = opened.locator("#contract .command", has_text="contracts replay").first

    command.locator("button").click()

    assert command.locator("button").inner_text() == "copied"
    assert opened.evaluate("navigator.clipboard.readText()") == command.locator("code").inner_text()


def test_what_a_vendor_says_does_not_run(red: str, opened: Page) -> None:
    """Scripts and control characters in an answer are shown as text."""
    opened.goto(red)
    shown = opened.locator("#contract .violation pre").all_text_contents()

    assert any("<script>alert(1)</script>" in text for text in shown)
    assert not any(character in text for text in shown for character in "\x1b\x07\u202e\u2028")
    assert opened.locator("script").count() == 2


def test_the_page_can_be_read_without_scripts(red: str, browser: Browser) -> None:
    """The text needs no script: verdict, matrix and violations are there where a policy forbids them."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(red)

    assert page.locator("#contract h1").is_visible()
    assert page.locator("#contract .violation pre").first.is_visible()
    context.close()


def test_the_page_can_be_used_by_keyboard(red: str, opened: Page) -> None:
    """A violation is closed and opened by the keyboard alone, and what has the focus is outlined."""
    opened.goto(red)
    summary = opened.locator("#contract .violation summary").first
    summary.focus()
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Tab")
    outline = summary.evaluate("element => getComputedStyle(element).outlineStyle")
    opened.keyboard.press("Enter")

    assert outline == "solid"
    assert not opened.locator("#contract .violation").first.evaluate("element => element.open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_both_schemes(scheme: str, red: str, browser: Browser) -> None:
    """Text stands out from the paper at 4.5 to 1 or more (WCAG 2.2, 1.4.3), in light and in dark."""
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(red)
    ratios = page.evaluate(CONTRASTS)
    context.close()

    assert ratios
    assert min(ratios.values()) >= 4.5, {name: ratio for name, ratio in ratios.items() if ratio < 4.5}


# The contrast of each colour that text has with the two that lie under text.
CONTRASTS = """() => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const hex = style.getPropertyValue(name).trim().slice(1);
    const full = hex.length === 3 ? [...hex].map((one) => one + one).join("") : hex;
    const [red, green, blue] = [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16) / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = {};
  for (const ink of ["--ink", "--dim", "--link", "--good", "--bad", "--open"])
    for (const paper of ["--paper", "--soft"]) {
      const [more, less] = [light(ink), light(paper)].sort((one, other) => other - one);
      found[ink + " on " + paper] = (more + 0.05) / (less + 0.05);
    }
  return found;
}"""
