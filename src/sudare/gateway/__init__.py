"""The public edge: splice, API, sign-in, keeper."""
