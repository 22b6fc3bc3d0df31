"""Values every room shares: errors, secrets, byte cursors. Pure."""
