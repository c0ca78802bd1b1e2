"""What all HTTP sides share: the app, errors, who is asking, paging, limits."""
