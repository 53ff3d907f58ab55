"""Whether what was served is what the events in the lake give."""
