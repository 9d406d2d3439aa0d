"""From what the company has on record to what a model learns from: deals, their features as they stood, and what came of them."""
