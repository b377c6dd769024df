"""A stateful stand-in for the WeCom server API on loopback, with a control API; see docs/simulator.md.

It shares no code with the product: its limits, codes and crypto are written from the vendor's papers, not from ours.
"""
