"""Music in several voices on a grid of time: files, images, sound, and rules of counterpoint."""
