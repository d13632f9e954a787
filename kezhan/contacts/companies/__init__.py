"""Companies that people belong to, by hand or by the domain of an e-mail address."""
