"""Time → people: whom a notice concerns, by which way it goes, and what is said at once."""
