"""The vendor as documented: the mock.

Other rooms use `model` (Vendor, MOCK_TOKENS), and `served` for the ways to ask it: in process, or behind a port.
"""
