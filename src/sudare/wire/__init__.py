"""Our own protocols as codecs and state machines. Pure. Each is written down in docs/wire."""
