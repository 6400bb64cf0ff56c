"""A real browser: Debian's Chromium, headless, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser.

    Raises:
        FileNotFoundError: Chromium is not on this machine.

    """
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("there is no chromium on this machine")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root.
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
