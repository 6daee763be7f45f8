"""The nouns that travel from one stage to the next: frozen, without behaviour."""
