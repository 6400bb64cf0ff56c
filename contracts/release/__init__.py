"""A vendor's release compared with the pin, by meaning: what it will refuse of us, and answer that was not promised.

Nothing here sends a request, and nothing knows of a run.
"""
