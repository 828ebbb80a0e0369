"""The recipes of an installed package: setup.cfg takes the files of recipes/ in place of this folder's."""
