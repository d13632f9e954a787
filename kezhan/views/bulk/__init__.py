"""One act on many conversations: asked for once, carried out one by one, taken back for a while."""
