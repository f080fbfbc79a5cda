"""Data as read from files: chats, datasets, question sets, published files, token counts."""
