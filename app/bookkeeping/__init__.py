"""Bookkeeping: what a decision, an audit and an outcome mean for the ledgers and the daily counts. Pure: no clock, no database."""
