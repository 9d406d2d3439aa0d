"""People: who may sign in, as what, for how long, and on whose behalf."""
