"""The pages that people look at, behind their session; `app.api` is for machines, behind their keys."""
