"""The plan: lowering, passes, canonical bytes, cost. The runtime sees only the documents."""
