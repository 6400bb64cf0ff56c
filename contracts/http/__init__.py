"""What goes over the wire: a request and what answered it, credentials as placeholders, the client, and the target."""
