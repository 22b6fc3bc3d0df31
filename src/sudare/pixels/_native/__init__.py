"""The C extension of the pixel engine."""
