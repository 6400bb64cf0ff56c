"""Hostile vendors that send who asks somewhere else."""

from __future__ import annotations

from contracts.vendor.model import Answer, Call
from tests.suite.vendors.variant import Hostile


class _RedirectsUpdates(Hostile):
    """Redirects updates."""

    status = 308

    def update(self, call: Call, slug: str) -> Answer:
        self.updates += 1
        return Answer(self.status, [("Location", self.location(call))])

    def location(self, call: Call) -> str:
        """Where it redirects to."""
        return call.path


class RedirectsInALoop(_RedirectsUpdates):
    """Redirects updates to where they came from."""


class RedirectsElsewhere(_RedirectsUpdates):
    """Redirects updates to another host, which must not see the token."""

    def location(self, call: Call) -> str:
        return self.elsewhere + call.path


class RedirectsElsewhereByGet(RedirectsElsewhere):
    """Redirects updates to another host with 303, to be fetched by GET."""

    status = 303


class RedirectsNowhere(_RedirectsUpdates):
    """Redirects updates to what is no URL."""

    def location(self, call: Call) -> str:
        return "http://[login"


class RedirectsToAScript(_RedirectsUpdates):
    """Redirects updates to a script, with signs that change a terminal."""

    def location(self, call: Call) -> str:
        return "javascript:alert(1)\x9b31m<script>\x85\xad"


class RedirectsToAFile(_RedirectsUpdates):
    """Redirects updates to a file of whoever asks."""

    def location(self, call: Call) -> str:
        return "file:///etc/passwd"


class RedirectsEverythingElsewhere(Hostile):
    """Redirects whatever is asked to another host."""

    def handle(self, call: Call) -> Answer:
        return Answer(307, [("Location", self.elsewhere + call.path)])


class WantsALogin(Hostile):
    """Redirects whatever is asked to a login page."""

    def handle(self, call: Call) -> Answer:
        return Answer(302, [("Location", "/login")])


class RefreshesElsewhere(Hostile):
    """Names another host in every header that could make a client go there, in a 200 to an update."""

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        names = ("Refresh", "Content-Location", "Location", "Link", "Alt-Svc")
        values = (f"0; url={self.elsewhere}", self.elsewhere, self.elsewhere, f"<{self.elsewhere}>; rel=next", "clear")
        return Answer(200, list(zip(names, values, strict=True)))
