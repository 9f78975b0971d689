"""World, shoppers, scenarios, runs: only the people are simulated, the market is the real one."""
