"""Signing in by the company's own provider, OpenID Connect: one connection a workspace. Whom it vouches for
is known in this workspace only: what another one trusts is not this provider's to say."""
