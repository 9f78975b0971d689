"""World, shoppers, scenarios and runs: only the people are simulated, the market is the real one."""
