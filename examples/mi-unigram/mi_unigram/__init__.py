"""What a package can add to mi; see `docs/extending.md`."""
