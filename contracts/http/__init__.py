"""Requests and exchanges, with tokens as placeholders; the client that sends them; and the target that they go to.

Other rooms use `request`, `exchange`, `client`, `target`, `credential` and `retries`, but not `wire`.
"""
