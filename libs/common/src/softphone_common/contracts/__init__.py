"""The types that cross a wire: bus messages, websocket frames, JSON of the API. No transport."""
