"""What customers have answered, in figures by period, channel, team and seat."""
