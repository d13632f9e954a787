"""The fault harness, `python3 run.py torture`: the real program under faults, and a judge of its own.

`torture` plays customers and agents (`party`, over `wire` and `proxy`) against servers (`place`), does them
harm (`inject`), and keeps in `ledger` what was sent, acknowledged and seen. `judge` knows the product by that
log and by SQL alone. `plant` puts known bugs into a copy of the product, to show that the judge finds them.
"""
