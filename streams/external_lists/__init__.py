"""List services outside the house, asked beside the link index. One that is slow or down has said nothing."""
