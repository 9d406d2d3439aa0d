"""The bill twin: an agreement and a billing configuration, each expanded into what it will invoice, and held against each other.

Two descriptions of a deal agree when they produce the same invoices, whatever the customer uses. So bills are compared, not
fields: a tariff that is spelt in another way and bills the same is a match.
"""
