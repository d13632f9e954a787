export { fileAddress, forgetAddress } from './addresses'
export { upload, pictureSize } from './upload'
