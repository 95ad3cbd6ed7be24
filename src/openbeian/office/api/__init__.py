"""The JSON API `/api/v1`: the same services and queries as the pages, for programs. Errors are RFC 9457 problem details."""
