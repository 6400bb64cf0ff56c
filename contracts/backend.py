"""The backend: where Hypothesis's choices come from."""

from __future__ import annotations

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

# Hypothesis's own provider under another name. Under its own, Hypothesis also repeats parts of earlier examples with
# small changes, in the hope of a failure that is rare: four of five requests would be sent twice.
FRESH = "contracts-fresh"


class Fresh(HypothesisProvider):
    """Hypothesis's own provider, but that bytes of a given number are drawn at once and not one by one."""

    def draw_bytes(self, min_size: int = 0, max_size: int = 0) -> bytes:
        if min_size == max_size and self._random:
            return self._random.randbytes(min_size)
        return super().draw_bytes(min_size, max_size)


def register() -> None:
    """Make the backend known to Hypothesis."""
    AVAILABLE_PROVIDERS[FRESH] = f"{Fresh.__module__}.{Fresh.__qualname__}"
