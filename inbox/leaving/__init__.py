"""What leaves: the call to the platform, and what follows when the platform has confirmed."""
