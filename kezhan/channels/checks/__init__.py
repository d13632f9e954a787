"""A channel tried from end to end by a person with her own phone, and the sheet that is kept of it."""
