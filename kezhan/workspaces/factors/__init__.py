"""What proves a person beside her password: an authenticator app, passkeys, recovery codes; and who must have
one. A factor is the person's, as a password is, and serves in every workspace of hers."""
