"""Signing in at a provider of the plant: OpenID Connect, authorization code with PKCE."""
