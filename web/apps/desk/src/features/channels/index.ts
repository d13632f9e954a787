export { glyphOf, useChannels, useKinds } from './api'
