export { paletteOpen } from './open'
export { default as PaletteButton } from './PaletteButton.vue'
export { default as PaletteDoor } from './PaletteDoor.vue'
