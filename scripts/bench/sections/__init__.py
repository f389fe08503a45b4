"""What `tidegate bench` measures, a file a section: its figures, how they are taken, their tables and their plot."""
