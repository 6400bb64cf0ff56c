"""The picture of the HTML report in the README: `python -m tests.suite.picture` makes it anew.

With `… FILE -k NAMES` it is another file, and of a run of these tests alone.
It shows a real run, against a vendor of the catalogue that reads member names in any letter case.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from contracts.rules.document import load
from contracts.vendor.model import MOCK_TOKENS
from tests.suite.browser import chromium
from tests.suite.forked import python_m
from tests.suite.served import serving
from tests.suite.suite_run import ROOT, environment_of
from tests.suite.vendors import vendor_named

PICTURE = ROOT / ".github" / "report.png"
# In pixels: about the width that GitHub gives a README.
WIDTH = 920


def main(picture: Path = PICTURE, *selected: str) -> None:
    """Run the contract as a user does, open its report, and take a picture from the top to the promises."""
    tokens = dict(zip(("KAITEN_AUTH_TOKEN", "KAITEN_READ_TOKEN"), MOCK_TOKENS, strict=True))
    environment = environment_of(tokens | {"CONTRACTS_BY_TOX": "1"})
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        with serving(vendor_named("ReadsNamesInAnyLetterCase")(load("docs"))) as server:
            what = [str(ROOT / "tests/contract"), f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"]
            how = ["--base-url", server.url, "--hypothesis-seed=42", "--html=report.html", "--self-contained-html"]
            python_m(["pytest", *what, *how, "-p", "no:cacheprovider", *selected], environment, Path(folder), 180)
        tab = browser.new_page(viewport={"width": WIDTH, "height": WIDTH}, color_scheme="light")
        tab.goto(Path(folder, "report.html").as_uri())
        end = tab.get_by_role("heading", name="What answered").bounding_box()
        assert end
        tab.screenshot(path=picture, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": end["y"] - 16})


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]), *sys.argv[2:])
