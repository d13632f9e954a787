import {
  workspacesAcceptInvitation,
  workspacesEditMe,
  workspacesGetMe,
  workspacesGetWorkspace,
  workspacesSetUp,
  workspacesBeginPasskeySignIn,
  workspacesSignIn,
  workspacesSignInSecond,
  workspacesSignInWithPasskey,
  workspacesSignOut,
  workspacesSwitchWorkspace,
  type Accept,
  type Me,
  type MeEdit,
  type Permission,
  type SecondStep,
  type SetUp,
  type WorkspaceView,
} from '@kezhan/api'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { carry, Fault, take } from '../../call'
import { showPasskey } from './factors/passkey'
import { wear } from './looks'

/** Who is signed in on this page. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  /** What she has yet to show after her password; null: nothing. */
  const step = shallowRef<SecondStep | null>(null)
  let asked: Promise<Me | null> | null = null

  function welcome(answer: Me): Me {
    carry(answer.csrf)
    me.value = answer
    step.value = null
    asked = Promise.resolve(answer)
    wear(answer.workspace)
    return answer
  }

  /** Whether she is in; if not, `asked` is what she has yet to show. */
  function enter(answer: Me | SecondStep): boolean {
    if ('csrf' in answer) return Boolean(welcome(answer))
    step.value = answer
    return false
  }

  /** In place of e-mail and password; false: given up at the device. */
  async function signInWithPasskey(): Promise<boolean> {
    const { step, options } = await take(workspacesBeginPasskeySignIn())
    const credential = await showPasskey(options)
    return credential !== null && enter(await take(workspacesSignInWithPasskey({ body: { step, credential } })))
  }

  async function ask(): Promise<Me | null> {
    try {
      return welcome(await take(workspacesGetMe()))
    } catch (fault) {
      asked = null
      if (fault instanceof Fault && fault.status === 401) return null
      throw fault
    }
  }

  /** Who is signed in, asked once; null: nobody. Throws Fault where the server cannot be reached. */
  const load = (): Promise<Me | null> => (asked ??= ask())

  /** Ask again, whatever was known: the line says the session may be over. */
  async function check(): Promise<boolean> {
    const answer = await take(workspacesGetMe()).catch((fault: unknown) => {
      if (fault instanceof Fault && fault.status === 401) return null
      throw fault
    })
    return answer !== null
  }

  /** The workspace as it is stored now. */
  function settle(workspace: WorkspaceView): void {
    if (me.value?.workspace.id !== workspace.id) return
    me.value = { ...me.value, workspace }
    wear(workspace)
  }

  /** It has been changed elsewhere; unreached, it stays as it was known. */
  const refresh = (): Promise<void> => take(workspacesGetWorkspace()).then(settle, () => undefined)

  function forget(): void {
    carry('')
    me.value = null
    asked = null
  }

  return {
    me,
    asked: step,
    name: computed(() => me.value?.name ?? ''),
    load,
    check,
    settle,
    refresh,
    forget,
    may: (permission: Permission): boolean => me.value?.permissions.includes(permission) ?? false,
    /** She may do more or less than was known: ask again. */
    renew: async () => welcome(await take(workspacesGetMe())),
    signIn: async (email: string, password: string) => enter(await take(workspacesSignIn({ body: { email, password } }))),
    showSecond: async (shown: { code: string } | { credential: string }) =>
      enter(await take(workspacesSignInSecond({ body: { step: step.value?.step ?? '-', ...shown } }))),
    signInWithPasskey,
    setUp: async (form: SetUp) => enter(await take(workspacesSetUp({ body: form }))),
    accept: async (token: string, form: Accept) =>
      enter(await take(workspacesAcceptInvitation({ path: { token }, body: form }))),
    edit: async (form: MeEdit) => welcome(await take(workspacesEditMe({ body: form }))),
    switchTo: async (workspace_id: string) => welcome(await take(workspacesSwitchWorkspace({ body: { workspace_id } }))),
    signOut: async () => {
      await take(workspacesSignOut())
      forget()
    },
  }
})
