"""The rules of the contract: bytes and circumstances go in, violations come out. No other room finds a violation.

Other rooms use `document` (load, Document), `oracle` (predict, Prediction), `judge` (judge, Verdict, Circumstance),
`state` and `history` (what is stored), `body.read` and `promise`; the release check also `openapi`, `operation` and
`problem.exact`.
"""
