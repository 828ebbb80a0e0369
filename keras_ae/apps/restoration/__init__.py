"""Images of any size, restored by an exported head a tile at a time."""
