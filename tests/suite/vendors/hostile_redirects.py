"""Hostile vendors that send who asks somewhere else."""

from __future__ import annotations

from collections.abc import Callable

from contracts.vendor.model import Answer, Call
from tests.suite.vendors.variant import Hostile, Row, Variant, hostile


def redirects(sentence: str, location: Callable[[Variant, Call], str], status: int = 308) -> Row:
    """Redirects updates, and carries out none."""

    def update(self: Variant, call: Call, slug: str) -> Answer:
        self.updates += 1
        return Answer(status, [("Location", location(self, call))])

    return hostile(sentence, update=update)


def _elsewhere(vendor: Variant, call: Call) -> str:
    return vendor.elsewhere + call.path


RedirectsInALoop = redirects("Redirects updates to where they came from.", lambda vendor, call: call.path)
RedirectsElsewhere = redirects("Redirects updates to another host, which must not see the token.", _elsewhere)
RedirectsElsewhereByGet = redirects(
    "Redirects updates to another host with 303, to be fetched by GET.", _elsewhere, status=303
)
RedirectsNowhere = redirects("Redirects updates to what is no URL.", lambda vendor, call: "http://[login")
RedirectsToAScript = redirects(
    "Redirects updates to a script, with signs that change a terminal.",
    lambda vendor, call: "javascript:alert(1)\x9b31m<script>\x85\xad",
)
RedirectsToAFile = redirects("Redirects updates to a file of whoever asks.", lambda vendor, call: "file:///etc/passwd")
RedirectsEverythingElsewhere = hostile(
    "Redirects whatever is asked to another host.",
    handle=lambda self, call: Answer(307, [("Location", _elsewhere(self, call))]),
)
WantsALogin = hostile(
    "Redirects whatever is asked to a login page.", handle=lambda self, call: Answer(302, [("Location", "/login")])
)


class RefreshesElsewhere(Hostile):
    """Names another host in every header that could make a client go there, in a 200 to an update."""

    def update(self, call: Call, slug: str) -> Answer:
        super().update(call, slug)
        names = ("Refresh", "Content-Location", "Location", "Link", "Alt-Svc")
        values = (f"0; url={self.elsewhere}", self.elsewhere, self.elsewhere, f"<{self.elsewhere}>; rel=next", "clear")
        return Answer(200, list(zip(names, values, strict=True)))
