export { useSegments } from './api'
