"""What the pages show beside the list itself: menu, search, chips, the thread, who is here, what is blurred."""
