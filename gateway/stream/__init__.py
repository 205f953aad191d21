"""From connector to durable journal, and from there to every consumer."""
