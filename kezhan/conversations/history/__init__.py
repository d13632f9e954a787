"""A customer and we: what was said on all her channels, as one."""
