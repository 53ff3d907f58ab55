"""Dead letters: what they are, and how they are listed, shown, mended and sent again."""
