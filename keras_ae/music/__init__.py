"""Music in several voices on a grid of time: files, pictures, sound, and what the rules of counterpoint say."""
