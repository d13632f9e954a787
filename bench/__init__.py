"""What the product carries on this machine, each figure beside the barest program for the same work.

`python3 run.py bench --help`. Every scenario plays the product and its limit in turn, several rounds in one
run, from the same load program, on the same PostgreSQL: ratios survive a busy machine, absolute figures do
not. Nothing here is imported by the product.
"""
