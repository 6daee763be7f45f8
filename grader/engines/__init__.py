"""Where gradings run: submit one, and get its report or its failure."""
