"""Command line, configuration, composition. Nobody imports it."""
