"""What tests share: fake servers and providers, tiny models, projects, crashes."""
