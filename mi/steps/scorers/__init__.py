"""How each kind of judge turns an answer into verdicts and scores."""
