"""The HTTP API: routes, who may call them, and the document that describes them."""
