/** Values of packages/ui/tokens.css, put in at build time; dashes read as underscores, a step of the grid as grid_<step>. */
declare const TOKEN: Record<
  | 'paper' | 'ink' | 'red' | 'shadow' | 'bubble' | 'bubble_offset' | 'panel_width' | 'panel_height' | 'radius_card' | 'radius_pill'
  | 'grid_2' | 'grid_3' | 'grid_5' | 'grid_6' | 'meta' | 'medium' | 'side',
  string
>
