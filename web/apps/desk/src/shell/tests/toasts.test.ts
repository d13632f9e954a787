import { useToast } from '@nuxt/ui/composables'
import { expect, it } from 'vitest'
import { soon, visit } from '../../tests/stage'

it('hides nothing that keys can reach while a toast is there', async () => {
  await visit('/nowhere/at/all')
  useToast().add({ title: '已保存' })
  await soon(() => expect(document.querySelectorAll('[role="region"] > [tabindex="0"]')).toHaveLength(2))
  await soon(() => expect(document.querySelectorAll('[aria-hidden="true"][tabindex="0"]')).toHaveLength(0))
  expect(document.querySelector('[aria-label="通知（F8）"]')).not.toBeNull()
})
