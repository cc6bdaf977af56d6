"""The pages. They read through selectors, change through actions, and never write themselves."""
