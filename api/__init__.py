"""The small service: HTTP, server-sent events, command line, pages and access."""
