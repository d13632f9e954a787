export { blank, contentOf, draftOf, faultsOf, webAddress, type Content, type Draft, type Kind } from './card'
export { default as CardBody } from './components/CardBody.vue'
