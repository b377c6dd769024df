"""A small OpenID Connect issuer for the local run: whom the JWT authorizer of the template trusts there.

It signs a token for whoever asks. It listens on loopback only, its key lives as long as its process, and no
stack but a local one accepts its issuer (template parameter JwtIssuer).
"""
