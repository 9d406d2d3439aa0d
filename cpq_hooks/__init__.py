"""How CPQ and billing systems talk to Quoteguard: signatures, adapters, the canonical form."""
