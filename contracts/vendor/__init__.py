"""The vendor as it is documented: a model that answers calls, in this process (respx) and served over HTTP."""
