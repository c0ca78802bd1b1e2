"""The limits of connections and heads, before a request reaches the app."""
