import { taggingChange, taggingCreate, taggingList, taggingPreview, taggingRemove, taggingSwitchOff, taggingSwitchOn, type RulePreview, type RuleTrial, type TagRule, type TagRuleEdit, type TagRuleForm, type TagRuleList } from '@kezhan/api'
import { useQuery, useQueryClient, type UseQueryReturnType } from '@tanstack/vue-query'
import { take } from '../../call'

const RULES = ['tag-rules']

export const useRules = (): UseQueryReturnType<TagRuleList, Error> => useQuery({ queryKey: RULES, queryFn: () => take(taggingList()) })

/** With how many customers it would have happened lately. */
export const tryOut = (body: RuleTrial): Promise<RulePreview> => take(taggingPreview({ body }))

interface Keeping {
  create: (body: TagRuleForm) => Promise<TagRule>
  change: (rule_id: string, body: TagRuleEdit) => Promise<TagRule>
  turn: (rule_id: string, active: boolean) => Promise<TagRule>
  remove: (rule_id: string) => Promise<unknown>
}

export function useKeepRules(): Keeping {
  const queries = useQueryClient()
  const renewed = async <T>(done: Promise<T>): Promise<T> => {
    try {
      return await done
    } finally {
      await queries.invalidateQueries({ queryKey: RULES })
    }
  }
  return {
    create: (body) => renewed(take(taggingCreate({ body }))),
    change: (rule_id, body) => renewed(take(taggingChange({ path: { rule_id }, body }))),
    turn: (rule_id, active) => renewed(take((active ? taggingSwitchOn : taggingSwitchOff)({ path: { rule_id } }))),
    remove: (rule_id) => renewed(take(taggingRemove({ path: { rule_id } }))),
  }
}
