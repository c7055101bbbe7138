"""What was found, as tables of plain cells: the commands print them, the screens show them. Pure."""
