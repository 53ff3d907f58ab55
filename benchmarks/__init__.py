"""How fast the parts are, each beside the plain way to do the same; ``make bench`` runs all, see README.md."""
