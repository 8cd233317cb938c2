"""Ground floor, standard library only: errors, events, jobs, settings, resources."""
