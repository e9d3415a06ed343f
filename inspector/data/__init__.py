"""Projects, samples and labels, importers, data sets and splits."""
