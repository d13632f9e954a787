"""Files of what somebody has found, made in the background: asked for, worked on, cancelled, fetched, gone
after a week. Each room has a table of its own (`models.Export`), and says who may and what is written."""
