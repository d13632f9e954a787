"""One module for each platform: its PLATFORM is the class."""
