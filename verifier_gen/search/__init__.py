"""Which circuit of a network is cheapest: candidates by rows and prediction first, then by proving the best."""
