"""Messages that are more than text: cards with buttons, and what was pressed; messages handed on."""
