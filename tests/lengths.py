"""How long tests that throw generated input at the program take: a fifth as long in `make test` as in `make fuzz`."""

import os


def at_length(examples: int) -> int:
    """So many examples in `make fuzz`, a fifth of them elsewhere."""
    return examples if os.environ.get("FUZZ") else max(10, examples // 5)
