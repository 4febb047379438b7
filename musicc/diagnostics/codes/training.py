"""M6xx: reward models and evaluation."""
