"""Requests and exchanges, with tokens as placeholders; the client that sends them; and the target that they go to.

Other rooms use `client.Client`, `exchange` (Request, Response, Exchange, Failure, update, curl), `target.Target` and
its checks, `credential`, and from `retries` the definition of an interruption, `heed_signals` and `uninterrupted`.
"""
