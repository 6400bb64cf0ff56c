"""Customers that the suite makes for itself and removes again, and the journal that remembers them through a crash.

Other rooms use `disposable` (Customers, Customer), `journal` (Journal, leftovers) and `sibling` (the operations).
"""
