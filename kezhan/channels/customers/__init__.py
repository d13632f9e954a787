"""The customer's side of a channel: who she is, how long she may be written to, what platforms call messages
and what they tell of them."""
