export { default as SurveyCard } from './components/SurveyCard.vue'
export { default as SurveyChip } from './components/SurveyChip.vue'
export { default as RatingMark } from './components/RatingMark.vue'
