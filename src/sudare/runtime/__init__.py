"""Where the world is touched: event loop, TLS, tasks, clock, logs."""
