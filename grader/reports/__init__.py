"""A Report as files and on the screen. What comes from a student is text until proven to be a picture."""
