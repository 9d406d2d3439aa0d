"""Leaks after the signature: the patterns K, P, B, I, U and R, each planted into the books of a contract."""
