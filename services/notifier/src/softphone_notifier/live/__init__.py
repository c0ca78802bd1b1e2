"""The websocket: which browser is connected, and which frames it is sent."""
