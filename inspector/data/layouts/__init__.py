"""How published data sets are laid out in folders: one module per layout, and the list of them."""
