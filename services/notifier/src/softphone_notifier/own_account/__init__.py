"""Routes for users themselves: profile, password, sessions, invitations."""
