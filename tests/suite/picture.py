"""The picture of the HTML report in the README: `python -m tests.suite.picture` makes it anew.

It shows a real run, against a vendor of the catalogue that reads member names in any letter case. The run leaves its
report and its evidence in the checkout, where git ignores them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from contracts.rules.document import load
from tests.suite.browser import chromium
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, run_suite
from tests.suite.vendors import vendor_named

PICTURE = ROOT / ".github" / "report.png"
# In pixels: about the width that GitHub gives a README.
WIDTH = 920


def main() -> None:
    """Run the contract as a user does, open its report, and take a picture from the top to the promises."""
    report = ROOT / "report.html"
    with (
        serving(vendor_named("ReadsNamesInAnyLetterCase")(load("docs"))) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        files = ["--evidence=evidence", f"--html={report}", "--self-contained-html"]
        where = ["--base-url", server.url, "--hypothesis-seed=42"]
        run_suite(*where, *files, journal=Path(folder), CONTRACTS_REPLAY="tox -e replay --")
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": WIDTH, "height": WIDTH}, color_scheme="light")
        tab.goto(report.as_uri())
        end = tab.get_by_role("heading", name="What answered").bounding_box()
        assert end
        tab.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": end["y"] - 16})


if __name__ == "__main__":
    main()
