"""Reward models: their data, batches, loss, training, and scoring with them."""
