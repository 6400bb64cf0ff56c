"""The rules of the contract: bytes and circumstances go in, violations come out. No other room finds a violation.

Other rooms use `document.load` and `Document`, `oracle.predict`, `judge.judge`, `state.judge_state`, `promise.promises`
and `promise.violation`; the release check also `openapi`, `operation` and `problem.exact`.
"""
