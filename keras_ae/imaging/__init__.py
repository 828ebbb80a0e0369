"""Arrays and files of images: decoded, laid out in grids and contact sheets. No models."""
