"""What there is by name, and what a recipe is made of, for those who look before they train."""
