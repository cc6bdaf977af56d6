"""What comes in: when each surface is read and how often, what pages become as rows, and where a comment belongs."""
