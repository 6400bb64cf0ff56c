"""What is right: bytes and circumstances go in, violations come out. Nothing else creates a violation."""
