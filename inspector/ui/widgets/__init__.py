"""What panes share: views, strips, symbols."""
