"""Landing: the raw bytes of every delivery, durable before anything else happens."""
