"""The roof: settings, HTTP API, pages, store, outbox, command line."""
