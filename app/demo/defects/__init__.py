"""Defects of quotes: the patterns Q01 to Q20 and K03, each planted into an otherwise clean quote."""
