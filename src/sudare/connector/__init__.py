"""The office side: dials out, verifies tickets, hosts sessions."""
