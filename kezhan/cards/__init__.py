"""Cards: a product, an order or a link shown as more than text, and buttons below.

Owns what they may be made of, whether one is good, and what it says where only text can be shown. Emits
nothing, stores nothing. Called by `quick`, which keeps some, and by `conversations`, which sends them.
"""
