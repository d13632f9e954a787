"""Two customers made one by hand, parted again; who may be one."""
