"""Structure sets, dose, plans and RT images."""
