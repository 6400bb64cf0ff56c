"""The rules of the contract: bytes and circumstances go in, violations come out. No other room finds a violation.

Other rooms use `document`, `oracle`, `judge`, `state` and `history` (what is stored), `body` and `promise`. Who reads a
release's document also uses `openapi`, `operation` and `problem.exact`.
"""
