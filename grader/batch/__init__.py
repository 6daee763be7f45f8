"""Many submissions at once: what an LMS or a folder has, graded one by one, and given back."""
