"""What goes over the wire, with tokens as placeholders, and where to.

Other rooms use `client.Client`, `exchange` (Request, Response, Exchange, Failure, update, curl), `target.Target` and
its checks, `credential`, and of `retries` what an interruption is, `heed_signals` and `uncut`.
"""
