"""Music in several voices on a grid of time: files, pictures, sound, and the rules of counterpoint."""
