"""What goes before every deadline: lanes, told from words alone, and what is done in each."""
