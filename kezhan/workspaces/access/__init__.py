"""Who may come in from where and for how long: the workspace's rules, its people's sessions and devices."""
