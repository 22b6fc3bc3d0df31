"""The rules of the business: people, sign-in, sessions, schedule. Pure."""
