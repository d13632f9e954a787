"""Lines of the log taken out as a sheet: asked for, made in the background, fetched, gone after a week."""
