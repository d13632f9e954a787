export { glyphOf, useChannels } from './api'
