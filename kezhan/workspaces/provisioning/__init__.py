"""A company's directory (Entra ID, Okta …) keeps the workspace's people by SCIM 2.0 (RFC 7643, 7644): who
has a seat, what she is called, in which teams she is or which role she has."""
