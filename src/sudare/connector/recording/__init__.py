"""Recordings on the office side's disk: written by the connector, read by whoever holds the recording key."""
