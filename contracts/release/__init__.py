"""A vendor's release compared with the pin, by meaning: what it will refuse of us, and answer that was not promised.

    source ─> notation ─> operation ─> plain schemas ─> containment, proofs ─> changes ─> verdict

Every module reads only those to its left. Nothing here sends a request to the vendor's API.
"""
