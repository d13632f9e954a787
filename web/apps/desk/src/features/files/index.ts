export { fileAddress, forgetAddress } from './addresses'
export { upload, pictureSize } from './upload'
export { default as PictureFrame } from './components/PictureFrame.vue'
export { default as PictureViewer } from './components/PictureViewer.vue'
