"""What writes the pages of docs/reference: each module makes one page's generated part, from what the program runs by."""
