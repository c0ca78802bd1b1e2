"""The HTTP side all services share: the app, problems, tokens, paging and limits."""
