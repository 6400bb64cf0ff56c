"""Customers that the suite makes for itself and removes again, and the journal that remembers them through a crash.

Other rooms use `disposable` (the customers), `journal` (also how a slug of ours begins) and `sibling` (the operations).
"""
