"""The three panes: project, training, inspection."""
