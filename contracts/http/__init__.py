"""Requests and exchanges, with tokens as placeholders; the client that sends them; and the target that they go to.

Other rooms use `client.Client`, `request` (Request, update, curl), `exchange` (Exchange, Response, Failure),
`target.Target` and its checks, `credential`, and from `retries` what an interruption is, `heed_signals` and
`uninterrupted`.
"""
