"""One module a revision; expand first, contract a release later."""
