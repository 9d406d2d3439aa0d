"""The vendors' languages, one module each and pure: bytes and headers in, canonical documents and the vendor's answers out."""
