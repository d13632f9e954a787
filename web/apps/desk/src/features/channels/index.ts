export { useChannels, useFaultWords, useKindName, useKinds, useKindWords } from './api'
export { goesAsFile } from './files'
export { channelHandlers } from './live'
export { glyphOf } from './looks'
