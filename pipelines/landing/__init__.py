"""Landing: the raw bytes of every delivery, durable before anything is done with them."""
