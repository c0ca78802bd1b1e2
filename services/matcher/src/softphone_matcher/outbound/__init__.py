"""Calls sources at permitted hosts and reads their answers; the one room that calls anybody."""
