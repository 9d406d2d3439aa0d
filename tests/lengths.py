"""How long tests that throw generated input at the program take: a tenth as long in `make test` as in `make fuzz`."""

import os


def at_length(examples: int) -> int:
    """So many examples in `make fuzz`, a tenth of them elsewhere."""
    return examples if os.environ.get("FUZZ") else max(10, examples // 10)
