"""What is written before it leaves: drafts, templates, links, plain words, and what must not be said in public."""
