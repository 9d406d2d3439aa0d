"""The ledgers and what follows from them: recovery cases, letters, metrics, signals, and the insights that pages show."""
