"""Users, sign-in and seats: who may use the connector, and in which role."""
