"""Changes of who sees a record, of which calls hear before they are stored."""
