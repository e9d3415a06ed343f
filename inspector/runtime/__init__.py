"""Model bundles (save and load) and the engines that run them, with export and parity check."""
