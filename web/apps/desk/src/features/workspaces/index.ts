export { deviceOf } from './device'
export { useForm } from './forms'
export { useSession } from './session'
export { useMembers, useTeams } from './people'
