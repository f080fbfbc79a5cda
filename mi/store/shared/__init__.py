"""A store that several machines share, in a folder or an object store, kept apart by leases."""
