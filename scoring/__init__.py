"""The leakage risk of a deal: features, model, explanation, decision."""
