"""Long work shared by the command line and the window: train, evaluate, predict, demo, child processes."""
