"""Training rows and questions: chats, datasets, published files and question sets, token counts."""
