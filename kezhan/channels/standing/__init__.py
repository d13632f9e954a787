"""How accounts are: what was last seen of their connections, and what has come and gone by them."""
