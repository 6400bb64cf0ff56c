"""What goes over the wire, with tokens as placeholders, and where to.

Other rooms use `client.Client`, `exchange` (Request, Response, Exchange, Failure, update), `target.Target` and its
checks, `credential`, `curl.curl`, and of `retries` what an interruption is, `heed_signals` and `uncut`.
"""
