"""Who works in the net: people, terms of office, handovers, and many at once."""
